using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class PlanShowCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> plan = new("PLAN") { Description = "Name of the plan." };
        return host.Leaf(
            "show",
            "Shows one plan.",
            "k8sbackup plan show nightly",
            async (session, parsed, cancellationToken) =>
            {
                GetPlanRequest request = new() { Name = parsed.GetRequiredValue(plan) };
                session.Output.One(RunViews.Plan, await session.Client.GetPlanAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            plan);
    }
}
