using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Watching a run; stopping the watch leaves the run alone.</summary>
internal static class RunWatch
{
    /// <summary>Shows the run until it is over and gives the exit code of its outcome.</summary>
    public static async Task<int> ToEndAsync(CommandSession session, string runId, CancellationToken cancellationToken)
    {
        WatchStream<Run> stream = new(
            token => session.Client.WatchRun(new WatchRunRequest { RunId = runId }, session.LongCall(token)),
            session.Context.Clock);
        Run? last;
        try
        {
            last = await Watcher.ShowAsync(session, RunViews.Run, stream.ReadAsync(cancellationToken), Frames.Of, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            session.Context.Error.WriteLine(
                $"Stopped watching; the run goes on. Watch it again: k8sbackup run watch {runId}. Cancel it: k8sbackup run cancel {runId}");
            return ExitCodes.Cancelled;
        }

        if (last is not null && !session.Output.IsDocument)
        {
            session.Output.One(RunViews.Run, last);
        }

        return CodeOf(last?.State);
    }

    private static int CodeOf(RunState? state) => state switch
    {
        RunState.Completed => ExitCodes.Ok,
        RunState.PartiallyFailed => ExitCodes.PartiallyFailed,
        RunState.Failed => ExitCodes.Failed,
        RunState.Cancelled => ExitCodes.Cancelled,
        _ => ExitCodes.Internal,
    };
}
