using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RunShowCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> run = new("RUN") { Description = "Id of the run, or the beginning of it." };
        return host.Leaf(
            "show",
            "Shows one run with its sources.",
            "k8sbackup run show 01k9",
            async (session, parsed, cancellationToken) =>
            {
                GetRunRequest request = new() { RunId = parsed.GetRequiredValue(run) };
                session.Output.One(RunViews.Run, await session.Client.GetRunAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            run);
    }
}
