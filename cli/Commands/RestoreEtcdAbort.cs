using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Calls off the restore of the cluster's etcd that goes on: there is one at a time, so nobody has to look for its id.</summary>
internal static class RestoreEtcdAbort
{
    // It is among the newest: while it goes on no other restore of etcd begins.
    private const int LookedAt = 50;

    public static async Task<int> RunAsync(CommandSession session, CancellationToken cancellationToken)
    {
        ListRestoresRequest request = new() { Limit = LookedAt };
        List<Restore> restores = await CommandSession.ReadAllAsync(session.Client.ListRestores(request, session.Call(cancellationToken)), cancellationToken);
        Restore going = restores.Find(restore => restore.Cluster is not null && restore.Interval?.FinishedAt is null)
            ?? throw new BackupException(FailureCause.NotFound, "No restore of the cluster's etcd goes on.");
        CancelRestoreRequest cancel = new() { RestoreId = going.Id };
        session.Output.One(RestoreViews.Restore, await session.Client.CancelRestoreAsync(cancel, session.Call(cancellationToken)));
        return ExitCodes.Ok;
    }
}
