using System.CommandLine;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreWatchCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> restore = new("RESTORE") { Description = "Id of the restore, or the beginning of it." };
        return host.Leaf(
            "watch",
            "Shows a restore until it is over; the exit code tells how it ended. Ctrl-C stops watching, not the restore.",
            "k8sbackup restore watch 01k9",
            async (session, parsed, cancellationToken) =>
            {
                GetRestoreRequest request = new() { RestoreId = parsed.GetRequiredValue(restore) };
                Restore found = await session.Client.GetRestoreAsync(request, session.Call(cancellationToken));
                return await RestoreStart.WatchAsync(session, found.Id, cancellationToken);
            },
            restore);
    }
}
