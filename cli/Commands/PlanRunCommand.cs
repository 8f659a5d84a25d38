using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class PlanRunCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> plan = new("PLAN") { Description = "Name of the plan." };
        Option<bool> watch = new("--watch") { Description = "Show the run until it is over; the exit code then tells how it ended." };
        return host.Leaf(
            "run",
            "Starts a run of a plan now.",
            "k8sbackup plan run nightly --watch",
            async (session, parsed, cancellationToken) =>
            {
                StartRunRequest request = new() { Plan = parsed.GetRequiredValue(plan), RequestId = session.NewRequestId() };
                Run run = await session.Client.StartRunAsync(request, session.Call(cancellationToken));
                if (parsed.GetValue(watch))
                {
                    return await RunWatch.ToEndAsync(session, run.Id, cancellationToken);
                }

                session.Output.One(RunViews.Run, run);
                return ExitCodes.Ok;
            },
            plan,
            watch);
    }
}
