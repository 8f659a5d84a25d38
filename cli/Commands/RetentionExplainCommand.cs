using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Says of each restore point why it stays, or that it goes. Changes nothing.</summary>
internal static class RetentionExplainCommand
{
    public static Command Create(CommandHost host)
    {
        Option<string> plan = new("--plan") { Description = "Only restore points of this plan.", HelpName = "NAME" };
        return host.Leaf(
            "explain",
            "Says for each restore point why it stays, or that it goes, by the plans in force now. Newest first; changes nothing.",
            "k8sbackup retention explain --plan nightly",
            async (session, parsed, cancellationToken) =>
            {
                ExplainRetentionRequest request = new() { Plan = parsed.GetValue(plan) ?? "" };

                // Every manifest is read for it, so it may take as long as a check.
                List<RetentionVerdict> verdicts = await CommandSession.ReadAllAsync(
                    session.Client.ExplainRetention(request, session.LongCall(cancellationToken)), cancellationToken);
                session.Output.List(RetentionViews.Verdict, verdicts, "There is no restore point.");
                return ExitCodes.Ok;
            },
            plan);
    }
}
