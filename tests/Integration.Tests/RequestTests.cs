using System.Text.Json;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Requests that make no sense, and plan files that do not parse.</summary>
public sealed class RequestTests : IClassFixture<ClusterFixture>
{
    private readonly ClusterFixture _fixture;

    public RequestTests(ClusterFixture fixture) => _fixture = fixture;

    [Theory]
    [InlineData("run", "show", "01aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("run", "watch", "01aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("run", "cancel", "01aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("plan", "show", "nope")]
    [InlineData("plan", "run", "nope")]
    [InlineData("point", "show", "01aaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("point", "show", "latest")]
    [InlineData("restore", "show", "01aaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task Unknown_Object_IsNotFound(params string[] arguments)
    {
        ProcessResult result = await _fixture.Cluster.TryCliAsync(arguments);

        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith("error: ", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_Malformed_IsNamedWithLineAndTheOthersWork()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_fixture.Cluster.Plans, "bad.yaml"),
            "apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: bad\nspec:\n  schedule: \"61 * * * *\"\n  sources:\n  - etcd: {}\n");
        await _fixture.AddPlanAsync("good", "- etcd: {}\n  nodes:\n  - names: [nobody]");

        ProcessResult list = await _fixture.Cluster.TryCliAsync("plan", "list");

        Assert.Equal(0, list.ExitCode);
        Assert.Contains("good", list.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:6", list.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_BecomesMalformed_LastGoodStaysInForce()
    {
        await _fixture.AddPlanAsync("lasting", "- etcd: {}\n  nodes:\n  - names: [nobody]");
        await File.WriteAllTextAsync(Path.Combine(_fixture.Cluster.Plans, "lasting.yaml"), "kind: [");

        await _fixture.Cluster.WaitForAsync(
            async () => (await _fixture.Cluster.TryCliAsync("plan", "list")).StandardError.Contains("lasting.yaml", StringComparison.Ordinal),
            () => "The damaged plan file is not reported.");

        JsonElement plans = await _fixture.Cluster.CliJsonAsync("plan", "list");
        Assert.Contains(plans.EnumerateArray(), plan => plan.GetProperty("name").GetString() == "lasting");
    }

    [Fact]
    public async Task Configuration_Faulty_CoordinatorNamesFileAndLine()
    {
        string path = Path.Combine(_fixture.Folder, "faulty.yaml");
        await File.WriteAllTextAsync(path, "cluster: demo\nlisten: everywhere\n");

        ProcessResult result = await ChildProcess.RunAsync(Demo.Cluster.Programs.Coordinator, ["--config", path], TimeSpan.FromMinutes(1));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("faulty.yaml:2", result.StandardError, StringComparison.Ordinal);
    }
}
