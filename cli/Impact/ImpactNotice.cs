using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Terminal;
using K8sBackup.Kubernetes.Impact;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Impact;

/// <summary>Shows what a restore of etcd would do before somebody is asked whether to go on.</summary>
internal static class ImpactNotice
{
    /// <summary>Prints the report. A restore is not held up by one that cannot be made: a line says why there is none.</summary>
    public static async Task ShowAsync(CommandSession session, RestorePoint point, SourceKey source, CancellationToken cancellationToken)
    {
        Snapshot snapshot = point.Snapshots.First(s => s.Source.Equals(source));
        try
        {
            ImpactCall call = new(session, new ImpactQuery(0, "", ""), Path.GetTempPath());
            session.Output.One(ImpactViews.Impact, await call.RunAsync(point, snapshot, "", cancellationToken));
        }
        catch (Exception e) when (CommandFailures.IsExpected(e) && !cancellationToken.IsCancellationRequested)
        {
            session.Context.Error.WriteLine($"warning: what the restore would change is not known: {Printable.Lines(CommandFailures.ToFailure(e).Message)}");
        }
    }
}
