using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Scripts;

public sealed class ShellScriptTests
{
    [Theory]
    [InlineData("dev")]
    [InlineData(".ci/run")]
    [InlineData("tests/e2e/run.sh")]
    [InlineData("tests/Chart.Tests/Pods/pod.sh")]
    [InlineData("tests/Chart.Tests/Pods/volume.sh")]
    public async Task Shellcheck_FindsNothing(string script)
    {
        ProcessResult result = await ChildProcess.RunAsync("shellcheck", ["--severity=warning", RepositoryTree.PathOf(script)], TimeSpan.FromMinutes(2));

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
    }

    [Fact]
    public async Task EndToEnd_WithoutACluster_SaysWhatItNeeds()
    {
        ProcessResult result = await ChildProcess.RunAsync(
            RepositoryTree.PathOf("tests/e2e/run.sh"), [], TimeSpan.FromMinutes(2), new Dictionary<string, string?> { ["E2E_KUBECONFIG"] = null });

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("E2E_KUBECONFIG", result.StandardError, StringComparison.Ordinal);
    }
}
