using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>What is protected, what is left out, and what is neither.</summary>
internal static class CoverageCommand
{
    public static Command Create(CommandHost host)
    {
        Option<bool> all = new("--all") { Description = "Also what is left out, and by which rule." };
        Option<bool> unprotected = new("--unprotected") { Description = "Only what is unprotected; the exit code is 7 when there is any." };
        return host.Leaf(
            "coverage",
            "Says of etcd, every node, claim, hostPath, other volume and dump whether it can be had back.",
            "k8sbackup coverage --unprotected",
            (session, parsed, cancellationToken) => RunAsync(session, parsed.GetValue(all), parsed.GetValue(unprotected), cancellationToken),
            all,
            unprotected);
    }

    private static async Task<int> RunAsync(CommandSession session, bool all, bool unprotectedOnly, CancellationToken cancellationToken)
    {
        List<CoverageItem> items = await CommandSession.ReadAllAsync(
            session.Client.ListCoverage(new ListCoverageRequest(), session.Call(cancellationToken)), cancellationToken);
        List<CoverageItem> shown = [.. items.Where(item => item.State switch
        {
            CoverageState.Protected => !unprotectedOnly,
            CoverageState.Excluded => all && !unprotectedOnly,
            _ => true,
        })];
        session.Output.List(CoverageViews.Item, shown, items.Count == 0 ? "No node has enrolled, and no cluster is known." : "There is nothing to show.");

        int left = items.Count(item => item.State == CoverageState.Excluded);
        int missing = items.Count(item => item.State == CoverageState.Unprotected);
        string hint = left > 0 && !all ? ", which --all shows" : "";
        session.Context.Error.WriteLine($"{items.Count - left - missing} protected, {missing} unprotected, {left} left out{hint}.");
        return unprotectedOnly && missing > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
