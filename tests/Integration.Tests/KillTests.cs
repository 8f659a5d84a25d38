using System.Text.Json;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>SIGKILL in the middle of a run: it goes on after the restart, and what was before is untouched.</summary>
public sealed class KillTests
{
    private const int FileBytes = 6 * 1024 * 1024;
    private const int FileCount = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Agent_KilledMidUpload_RunCompletesAfterRestart()
    {
        await using ClusterFixture fixture = await WithLargeVolumeAsync();
        TreeFacts before = TreeFacts.Read(fixture.Layout.Volume);
        string run = await StartAndWaitForBytesAsync(fixture);

        await fixture.WorkerAgent!.KillAsync();
        JsonElement interrupted = await fixture.Cluster.CliJsonAsync("run", "show", run);
        fixture.WorkerAgent.Start();

        Assert.Equal("Running", interrupted.State());
        await AssertEndsWellAsync(fixture, run, before);
    }

    [Fact]
    public async Task Coordinator_KilledMidRun_RunCompletesAfterRestart()
    {
        await using ClusterFixture fixture = await WithLargeVolumeAsync();
        TreeFacts before = TreeFacts.Read(fixture.Layout.Volume);
        string run = await StartAndWaitForBytesAsync(fixture);

        await fixture.Cluster.KillCoordinatorAsync();
        await fixture.Cluster.StartCoordinatorAsync();

        await AssertEndsWellAsync(fixture, run, before);
    }

    [Fact]
    public async Task Both_KilledMidRun_EarlierPointStillRestores()
    {
        await using ClusterFixture fixture = await WithLargeVolumeAsync();
        TreeFacts first = TreeFacts.Read(fixture.Layout.Volume);
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));
        string point = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString()!;
        for (int i = 0; i < FileCount; i++)
        {
            fixture.AddFile($"second-{i}", FileBytes + FileCount + i);
        }

        string run = await StartAndWaitForBytesAsync(fixture);
        await fixture.Cluster.KillCoordinatorAsync();
        await fixture.WorkerAgent!.KillAsync();
        await fixture.Cluster.StartCoordinatorAsync();
        fixture.WorkerAgent.Start();
        TreeFacts second = TreeFacts.Read(fixture.Layout.Volume);

        await AssertEndsWellAsync(fixture, run, second);
        RawTree.Empty(fixture.Layout.Volume, andItself: false);
        await fixture.Cluster.CliAsync("restore", "files", point, "volume/data", "--watch");
        Assert.Empty(first.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
    }

    private static async Task<ClusterFixture> WithLargeVolumeAsync()
    {
        ClusterFixture fixture = await ClusterFixture.StartAsync();
        await SlowDownAsync(fixture);
        await fixture.AddWorkerAsync();
        for (int i = 0; i < FileCount; i++)
        {
            fixture.AddFile($"large-{i}", FileBytes + i);
        }

        await fixture.AddVolumePlanAsync();
        return fixture;
    }

    private static async Task<string> StartAndWaitForBytesAsync(ClusterFixture fixture)
    {
        string run = (await fixture.Cluster.CliJsonAsync("plan", "run", "volume")).GetProperty("id").GetString()!;
        await fixture.Cluster.WaitForAsync(
            async () => HasSentBytes(await fixture.Cluster.CliJsonAsync("run", "show", run)), () => $"nothing is sent\n{fixture.Cluster.LastWords(40)}", patience: Patience);
        return run;
    }

    // Five seconds for the files, so that a kill in the middle needs no luck.
    private static async Task SlowDownAsync(ClusterFixture fixture)
    {
        string configuration = Path.Combine(fixture.Cluster.State, "coordinator.yaml");
        string local = File.ReadLines(configuration).Single(line => line.StartsWith("  local: ", StringComparison.Ordinal));
        string text = await File.ReadAllTextAsync(configuration);
        await fixture.Cluster.StopCoordinatorAsync();
        await File.WriteAllTextAsync(configuration, text.Replace(local, $"{local}\n  throttle: {{uploadBytesPerSecond: 12000000}}", StringComparison.Ordinal));
        await fixture.Cluster.StartCoordinatorAsync();
    }

    private static bool HasSentBytes(JsonElement run)
    {
        JsonElement progress = run.Source("volume/").GetProperty("progress");
        return progress.ValueKind == JsonValueKind.Object && progress.GetProperty("bytesDone").GetInt64() > 0;
    }

    private static async Task AssertEndsWellAsync(ClusterFixture fixture, string run, TreeFacts expected)
    {
        ProcessResult watched = await fixture.Cluster.TryCliAsync("run", "watch", run);
        Assert.True(
            watched.ExitCode == 0,
            $"exit code {watched.ExitCode}: {watched.StandardError}{watched.StandardOutput}\n{fixture.WorkerAgent?.Output}\n{fixture.Cluster.CoordinatorOutput}");
        RawTree.Empty(fixture.Layout.Volume, andItself: false);
        await fixture.Cluster.CliAsync("restore", "files", "latest", "volume/data", "--watch");
        Assert.Empty(expected.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
        await fixture.AssertSoundAsync();
    }
}
