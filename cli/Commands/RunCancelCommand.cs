using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RunCancelCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> run = new("RUN") { Description = "Id of the run, or the beginning of it." };
        return host.Leaf(
            "cancel",
            "Cancels a run; what its sources have sent stays for the next run.",
            "k8sbackup run cancel 01k9",
            async (session, parsed, cancellationToken) =>
            {
                CancelRunRequest request = new() { RunId = parsed.GetRequiredValue(run) };
                session.Output.One(RunViews.Run, await session.Client.CancelRunAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            run);
    }
}
