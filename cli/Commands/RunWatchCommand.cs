using System.CommandLine;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RunWatchCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> run = new("RUN") { Description = "Id of the run, or the beginning of it." };
        return host.Leaf(
            "watch",
            "Shows a run until it is over; the exit code tells how it ended. Ctrl-C stops watching, not the run.",
            "k8sbackup run watch 01k9",
            async (session, parsed, cancellationToken) =>
            {
                GetRunRequest request = new() { RunId = parsed.GetRequiredValue(run) };
                Run found = await session.Client.GetRunAsync(request, session.Call(cancellationToken));
                return await RunWatch.ToEndAsync(session, found.Id, cancellationToken);
            },
            run);
    }
}
