using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>A copy of the store that is killed in the middle and repeated; either store restores, by rescue and behind a coordinator.</summary>
public sealed class SecondStoreTests : IAsyncLifetime
{
    private const int FileBytes = 20 * 1024 * 1024;
    private const int FileCount = 6;
    private const int DifferencesShown = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ClusterFixture _fixture = new();
    private TreeFacts _volume = null!;

    private LocalCluster Cluster => _fixture.Cluster;

    private string Copy => Path.Combine(_fixture.Folder, "copy");

    private string[] CopyCommand => ["copy", "--store", Cluster.Store, "--passphrase-file", Cluster.RecoveryFile, "--output", "json"];

    public async Task InitializeAsync()
    {
        await _fixture.InitializeAsync();
        await _fixture.AddWorkerAsync();
        for (int i = 0; i < FileCount; i++)
        {
            _fixture.AddFile($"large-{i}", FileBytes + i);
        }

        await _fixture.AddVolumePlanAsync();
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        _volume = TreeFacts.Read(_fixture.Layout.Volume);
        await Cluster.StopCoordinatorAsync();
    }

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Copy_KilledInTheMiddle_GoesOn_AndEitherStoreRestores()
    {
        int packs = Packs(Cluster.Store).Length;
        await KillCopyInTheMiddleAsync();
        string[] before = Packs(Copy);
        Assert.InRange(before.Length, 1, packs - 1);
        Assert.Empty(await PointsAsync(Copy));

        JsonElement report = await CliJsonAsync([.. CopyCommand, "--to", Copy]);

        Assert.True(report.GetProperty("present").GetInt64() >= before.Length, report.ToString());
        Assert.Equal(packs, Packs(Copy).Length);
        Assert.Equal(0, (await CliJsonAsync([.. CopyCommand, "--to", Copy])).GetProperty("copied").GetInt64());
        Assert.Equal(await PointsAsync(Cluster.Store), await PointsAsync(Copy));
        await AssertRescuesAsync(Cluster.Store);
        await AssertRescuesAsync(Copy);
        await AssertServesAsync(Copy);
    }

    // A trickle of a second store, so that the copy is in the middle for long.
    private async Task KillCopyInTheMiddleAsync()
    {
        string slow = Path.Combine(_fixture.Folder, "slow.yaml");
        await File.WriteAllTextAsync(slow, $"store: {{local: {Copy}, throttle: {{uploadBytesPerSecond: 8000000}}}}\n");
        await using ChildProcess copy = ChildProcess.Start(Programs.Cli, [.. CopyCommand, "--to-config", slow], Cluster.Variables);
        using CancellationTokenSource deadline = new(Patience);
        while (Packs(Copy).Length == 0)
        {
            Assert.False(copy.HasExited, copy.Output);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }

        copy.Kill();
        await copy.WaitForExitAsync(Patience);
    }

    private static string[] Packs(string store)
    {
        string folder = Path.Combine(store, "packs");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f).Length == 32)] : [];
    }

    private async Task<JsonElement> CliJsonAsync(string[] arguments)
    {
        ProcessResult result = await Cluster.TryCliAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{result.ExitCode}: {result.StandardOutput}{result.StandardError}");
        return JsonDocument.Parse(result.StandardOutput).RootElement;
    }

    private async Task<string?[]> PointsAsync(string store)
    {
        JsonElement points = await CliJsonAsync(["rescue", "points", "--store", store, "--passphrase-file", Cluster.RecoveryFile, "--output", "json"]);
        return [.. points.EnumerateArray().Select(p => p.GetProperty("id").GetString())];
    }

    private async Task AssertRescuesAsync(string store)
    {
        string target = Path.Combine(_fixture.Folder, "rescued-" + Path.GetFileName(store));
        ProcessResult result = await Cluster.TryCliAsync(
            "rescue", "files", "latest", "volume/data", "--store", store, "--passphrase-file", Cluster.RecoveryFile, "--target", target);
        Assert.True(result.ExitCode == 0, $"{result.StandardOutput}{result.StandardError}");
        Assert.Empty(_volume.DifferencesTo(TreeFacts.Read(target), DifferencesShown));
    }

    // The first store is gone; the coordinator goes on with the second one.
    private async Task AssertServesAsync(string store)
    {
        string config = Path.Combine(Cluster.State, "coordinator.yaml");
        string text = await File.ReadAllTextAsync(config);
        Assert.Contains(Cluster.Store, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(config, text.Replace(Cluster.Store, store, StringComparison.Ordinal));
        Directory.Move(Cluster.Store, Cluster.Store + "-gone");
        await Cluster.StartCoordinatorAsync();
        await Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);

        RawTree.Empty(_fixture.Layout.Volume, andItself: false);
        await Cluster.CliAsync("restore", "files", "latest", "volume/data", "--watch");
        Assert.Empty(_volume.DifferencesTo(TreeFacts.Read(_fixture.Layout.Volume), DifferencesShown));
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        Assert.Equal(2, await _fixture.CountPointsAsync());
        await _fixture.AssertSoundAsync();
    }
}
