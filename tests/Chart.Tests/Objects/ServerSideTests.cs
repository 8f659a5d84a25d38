using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>What a real API server says of the rendered objects, without keeping any. With E2E_KUBECONFIG only.</summary>
public sealed class ServerSideTests : IDisposable
{
    private static readonly string _kubectl = RepositoryTree.PathOf("artifacts/tools/helm-4/kubectl");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [ClusterTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task ApiServer_AcceptsEveryObject(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        string file = Path.Combine(_directory.Path, "objects.yaml");
        // A namespace that is there; kinds that need another operator's definitions are not asked about.
        await File.WriteAllTextAsync(file, string.Join("\n---", chart.Text.Split("\n---").Where(text => !text.Contains("apiVersion: monitoring.coreos.com/", StringComparison.Ordinal)))
            .Replace($"namespace: {RenderedChart.Namespace}", "namespace: default", StringComparison.Ordinal));

        ProcessResult result = await ChildProcess.RunAsync(
            _kubectl, ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "--filename", file], TimeSpan.FromMinutes(2),
            new Dictionary<string, string?> { ["KUBECONFIG"] = ClusterTheoryAttribute.Kubeconfig });

        Assert.True(result.ExitCode == 0, result.StandardError);
    }
}
