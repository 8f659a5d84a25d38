using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Drills;

/// <summary>Watching drills; stopping the watch leaves them alone.</summary>
internal static class DrillWatch
{
    /// <summary>Shows one after the other until they are over, and gives the exit code of the worst outcome.</summary>
    public static async Task<int> ToEndAsync(CommandSession session, IReadOnlyList<Drill> drills, CancellationToken cancellationToken)
    {
        List<Drill> ended = [];
        foreach (Drill drill in drills)
        {
            WatchStream<Drill> stream = new(
                token => session.Drills.Watch(new WatchDrillRequest { DrillId = drill.Id }, session.LongCall(token)), session.Context.Clock);
            try
            {
                ended.Add(await Watcher.ShowAsync(session, DrillViews.Drill, stream.ReadAsync(cancellationToken), Frames.Of, cancellationToken) ?? drill);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                session.Context.Error.WriteLine($"Stopped watching; the drills go on. Look at them: k8sbackup drill list");
                return ExitCodes.Cancelled;
            }
        }

        if (!session.Output.IsDocument)
        {
            session.Output.List(DrillViews.Drill, ended, "");
        }

        return ended.Select(ExitCodeOf).OrderByDescending(Rank).First();
    }

    /// <summary>How a drill ended; one that goes on has not failed.</summary>
    public static int ExitCodeOf(Drill drill) => drill.State switch
    {
        DrillState.Failed => ExitCodes.Failed,
        DrillState.NotHeld => ExitCodes.Of(Enum.TryParse(drill.Failure?.Cause, out FailureCause cause) ? cause : FailureCause.Unspecified),
        _ => ExitCodes.Ok,
    };

    private static int Rank(int code) => code switch
    {
        ExitCodes.Ok => 0,
        ExitCodes.Failed => 2,
        _ => 1,
    };
}
