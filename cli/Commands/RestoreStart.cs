using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>What the three restore commands share: their options, the start, and the watch.</summary>
internal static class RestoreStart
{
    public static Option<bool?> WatchOption() => new("--watch")
    {
        Description = "Show the restore until it is over; the exit code then tells how it ended. Default: on a terminal. '--watch false' turns it off.",
        HelpName = "true|false",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<string> ConflictsOption() => new Option<string>("--conflicts")
    {
        Description = "What happens to objects that exist: skip keeps them, overwrite replaces them, rename keeps them under another name.",
        DefaultValueFactory = _ => "skip",
    }.AcceptOnlyFromAmong("skip", "overwrite", "rename");

    public static Option<string[]> PathOption() => new("--path")
    {
        Description = "Restore this path and all below it only; may be given several times.",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    public static ConflictPolicy Conflicts(string? word) => word switch
    {
        "overwrite" => ConflictPolicy.Overwrite,
        "rename" => ConflictPolicy.Rename,
        _ => ConflictPolicy.Skip,
    };

    /// <summary>A target is a directory on the node, so it must be absolute.</summary>
    public static string Target(string? target) => target is null or ['/', ..]
        ? target ?? ""
        : throw new BackupException(FailureCause.InvalidRequest, $"The target is a directory on the node and must be absolute, not '{target}'.");

    /// <summary>Starts the restore and, when asked to or on a terminal, shows it to its end.</summary>
    public static async Task<int> RunAsync(CommandSession session, StartRestoreRequest request, bool? watch, CancellationToken cancellationToken)
    {
        request.RequestId = session.NewRequestId();
        Restore restore = await session.Client.StartRestoreAsync(request, session.Call(cancellationToken));
        if (watch ?? session.Context.ErrorIsTerminal)
        {
            return await WatchAsync(session, restore.Id, cancellationToken);
        }

        session.Output.One(RestoreViews.Restore, restore);
        return ExitCodes.Ok;
    }

    /// <summary>Shows the restore until it is over. Stopping the watch leaves the restore alone.</summary>
    public static async Task<int> WatchAsync(CommandSession session, string restoreId, CancellationToken cancellationToken)
    {
        WatchStream<Restore> stream = new(
            token => session.Client.WatchRestore(new WatchRestoreRequest { RestoreId = restoreId }, session.LongCall(token)),
            session.Context.Clock);
        Restore? last;
        try
        {
            last = await Watcher.ShowAsync(session, RestoreViews.Restore, stream.ReadAsync(cancellationToken), Frames.Of, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            session.Context.Error.WriteLine(
                $"Stopped watching; the restore goes on. Watch it again: k8sbackup restore watch {restoreId}. Cancel it: k8sbackup restore cancel {restoreId}");
            return ExitCodes.Cancelled;
        }

        if (last is not null && !session.Output.IsDocument)
        {
            session.Output.One(RestoreViews.Restore, last);
        }

        return last?.State switch
        {
            RestoreState.Completed => ExitCodes.Ok,
            RestoreState.PartiallyFailed => ExitCodes.PartiallyFailed,
            RestoreState.Failed => ExitCodes.Failed,
            RestoreState.Cancelled => ExitCodes.Cancelled,
            _ => ExitCodes.Internal,
        };
    }
}
