using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RunListCommand
{
    private const int LimitDefault = 50;

    public static Command Create(CommandHost host)
    {
        Option<string> plan = new("--plan") { Description = "Only runs of this plan.", HelpName = "NAME" };
        Option<int> limit = new("--limit") { Description = "Most runs to list, at most 1000.", DefaultValueFactory = _ => LimitDefault };
        return host.Leaf(
            "list",
            "Lists runs, newest first.",
            "k8sbackup run list --plan nightly --limit 10",
            async (session, parsed, cancellationToken) =>
            {
                ListRunsRequest request = new() { Plan = parsed.GetValue(plan) ?? "", Limit = parsed.GetValue(limit) };
                List<Run> runs = await CommandSession.ReadAllAsync(session.Client.ListRuns(request, session.Call(cancellationToken)), cancellationToken);
                session.Output.List(RunViews.Run, runs, "No run yet. Start one with 'k8sbackup plan run'.");
                return ExitCodes.Ok;
            },
            plan,
            limit);
    }
}
