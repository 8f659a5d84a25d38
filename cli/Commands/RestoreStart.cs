using System.CommandLine;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
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

    public static Option<string> ConflictsOption(bool canMirror = false)
    {
        Option<string> option = new("--conflicts")
        {
            Description = "What happens to objects that exist: skip keeps them, overwrite replaces them, rename keeps them under another name"
                + (canMirror ? ", mirror replaces them and deletes those that are not in the snapshot." : "."),
            DefaultValueFactory = _ => "skip",
        };
        return canMirror ? option.AcceptOnlyFromAmong("skip", "overwrite", "rename", "mirror") : option.AcceptOnlyFromAmong("skip", "overwrite", "rename");
    }

    public static Option<string[]> PathOption() => new("--path")
    {
        Description = "Restore this path and all below it only; may be given several times.",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    public static Option<bool> FlagsOption() => new("--file-flags")
    {
        Description = "Make immutable, append-only, not dumped and compressed again what chattr had made so.",
    };

    public static ConflictPolicy Conflicts(string? word) => word switch
    {
        "overwrite" => ConflictPolicy.Overwrite,
        "rename" => ConflictPolicy.Rename,
        "mirror" => ConflictPolicy.Mirror,
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

    /// <summary>Makes a dry run and shows what it says; null when it was left alone.</summary>
    /// <exception cref="BackupException">It failed.</exception>
    public static async Task<RestorePreview?> PreviewAsync(CommandSession session, StartRestoreRequest request, CancellationToken cancellationToken)
    {
        StartRestoreRequest preview = new(request) { RequestId = session.NewRequestId() };
        Restore started = await session.Client.PreviewRestoreAsync(preview, session.Call(cancellationToken));
        (int code, Restore? last) = await WatchedAsync(session, started.Id, cancellationToken);
        if (last?.Report?.Preview is { } found)
        {
            return found;
        }

        Exception fault = last?.Failure is { } failure
            ? new BackupException(SourceMapping.ToModel(failure))
            : new InvalidDataException("The dry run ended without a result.");
        return code == ExitCodes.Cancelled ? null : throw fault;
    }

    /// <summary>Shows the restore until it is over. Stopping the watch leaves the restore alone.</summary>
    public static async Task<int> WatchAsync(CommandSession session, string restoreId, CancellationToken cancellationToken) =>
        (await WatchedAsync(session, restoreId, cancellationToken)).Code;

    private static async Task<(int Code, Restore? Last)> WatchedAsync(CommandSession session, string restoreId, CancellationToken cancellationToken)
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
            return (ExitCodes.Cancelled, null);
        }
        catch (Exception e) when (e is RpcException or BackupException)
        {
            // A forwarded port goes with the API server that a restore of etcd stops.
            session.Context.Error.WriteLine($"The restore goes on without this command. Once the coordinator can be reached again: k8sbackup restore watch {restoreId}");
            throw;
        }

        if (last is not null && !session.Output.IsDocument)
        {
            session.Output.One(RestoreViews.Restore, last);
        }

        int code = last?.State switch
        {
            RestoreState.Completed => ExitCodes.Ok,
            RestoreState.PartiallyFailed => ExitCodes.PartiallyFailed,
            RestoreState.Failed => ExitCodes.Failed,
            RestoreState.Cancelled => ExitCodes.Cancelled,
            _ => ExitCodes.Internal,
        };
        return (code, last);
    }
}
