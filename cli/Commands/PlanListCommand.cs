using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class PlanListCommand
{
    public static Command Create(CommandHost host) => host.Leaf(
        "list",
        "Lists the plans, and the plan files that are not in force.",
        "k8sbackup plan list",
        RunAsync);

    private static async Task<int> RunAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        ListPlansResponse response = await session.Client.ListPlansAsync(new ListPlansRequest(), session.Call(cancellationToken));
        session.Output.List(RunViews.Plan, response.Plans, "There is no plan. Put a YAML file into the coordinator's plan directory.");
        foreach (PlanProblem problem in response.Problems)
        {
            string line = problem.Line > 0 ? $":{problem.Line}" : "";
            string former = problem.LastGoodInForce ? " (its last good version stays in force)" : "";
            session.Context.Error.WriteLine(Printable.Text($"warning: {problem.File}{line}: {problem.Reason}{former}"));
        }

        return ExitCodes.Ok;
    }
}
