using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Objects;

public sealed class LintTests
{
    [HelmTheory]
    [MemberData(nameof(ValueSets.AllWithEachHelm), MemberType = typeof(ValueSets))]
    public async Task Lint_FindsNothing(string set, string helm)
    {
        ProcessResult result = await Helm.Of(helm).RunAsync("lint", "--strict", "--kube-version", "1.34.0", RepositoryTree.Chart, "--values", ValueSets.PathOf(set));

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
        Assert.DoesNotContain("[WARNING]", result.StandardOutput, StringComparison.Ordinal);
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task EachHelm_RendersTheSame(string set)
    {
        List<string> texts = [];
        foreach (Helm helm in Helm.All)
        {
            texts.Add((await RenderedChart.OfAsync(set, helm.Major)).Text);
        }

        // Files of the same weight are in different orders.
        Assert.Single(texts.Select(text => string.Join("\n---", text.Split("\n---").Order(StringComparer.Ordinal)).Trim()).Distinct());
    }
}
