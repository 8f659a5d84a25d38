using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Another certificate authority in the place of the one that is, with a real agent, coordinator and operator.</summary>
public sealed class AuthorityTests : IClassFixture<ClusterFixture>
{
    private readonly ClusterFixture _fixture;

    public AuthorityTests(ClusterFixture fixture) => _fixture = fixture;

    private LocalCluster Cluster => _fixture.Cluster;

    [Fact]
    public async Task Rotate_NodesRenewByThemselves_AndBackupsGoOnUnderTheNextAuthority()
    {
        await _fixture.AddWorkerAsync();
        _fixture.AddFile("data", 300_000);
        await _fixture.AddVolumePlanAsync();
        string former = CopyOperator();

        JsonElement begun = await Cluster.CliJsonAsync("authority", "rotate");
        await Cluster.WaitForAsync(
            async () => (await Cluster.CliJsonAsync("authority", "show")).GetProperty("waiting").GetInt64() == 0,
            () => $"The node does not renew:\n{_fixture.WorkerAgent!.Output}\n{Cluster.CoordinatorOutput}");
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        // Who has not renewed is served until the end, and reminded.
        Assert.Contains("authority renew", (await RunAsync(former, "status")).StandardOutput, StringComparison.Ordinal);

        JsonElement finished = await Cluster.CliJsonAsync("authority", "finish");
        Assert.Equal(begun.GetProperty("nextFingerprint").GetString(), finished.GetProperty("fingerprint").GetString());
        Assert.NotEqual(begun.GetProperty("fingerprint").GetString(), finished.GetProperty("fingerprint").GetString());
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        Assert.NotEqual(0, (await RunAsync(former, "status")).ExitCode);

        // A coordinator that starts again is the next authority's, and the agent finds it.
        await Cluster.StopCoordinatorAsync();
        await Cluster.StartCoordinatorAsync();
        await Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        Assert.Equal(finished.GetProperty("fingerprint").GetString(), (await Cluster.CliJsonAsync("authority", "show")).GetProperty("fingerprint").GetString());
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        Assert.Equal(3, await _fixture.CountPointsAsync());
        await _fixture.AssertSoundAsync();
    }

    /// <summary>The operator as he is now, for later.</summary>
    private string CopyOperator()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "former", "identity")).Parent!.FullName;
        string config = Path.Combine(folder, "config.yaml");
        File.Copy(Cluster.ClientConfig, config);
        File.Copy(Path.Combine(Path.GetDirectoryName(Cluster.ClientConfig)!, "identity", "identity.pem"), Path.Combine(folder, "identity", "identity.pem"));
        return config;
    }

    private Task<ProcessResult> RunAsync(string config, params string[] arguments) =>
        InnerCli.RunAsync(arguments, new Dictionary<string, string?>(Cluster.Variables) { ["K8SBACKUP_CONFIG"] = config }, CancellationToken.None);
}
