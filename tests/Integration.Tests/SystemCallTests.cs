using System.Text.Json;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// The coordinator dies in, or is refused, the system calls that make a backup durable. Calls are counted for each of its threads, so that a number
/// says how far it got and not exactly where; what must hold is the same everywhere. Each single call is the matter of a test of the simulation.
/// </summary>
public sealed class SystemCallTests
{
    private const string Plan = "volume";
    private const int Files = 6;
    private const int PointsMax = 3;

    // Two packs' worth would add nothing: each object of the store is written in the same way.
    private const int FileBytes = 400_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, TreeFacts> _ofRun = new(StringComparer.Ordinal);
    private int _changes;

    [StraceFact]
    public async Task Coordinator_KilledInACallOfABackup_NextOneSucceedsAndAllRestore()
    {
        await using ClusterFixture fixture = await PrepareAsync();
        int kills = 0;
        foreach ((string call, int nth) in ((string, int)[])[("link", 1), ("fsync", 5), ("unlink", 2)])
        {
            Change(fixture);
            await using (SystemCallFault fault = await SystemCallFault.KillAtAsync(fixture.Cluster.Coordinator, call, nth))
            {
                await fixture.Cluster.TryCliAsync("plan", "run", Plan);
                kills += await IsKilledAsync(fixture) ? 1 : 0;
            }

            await RestartAsync(fixture);
            await EndRunsAsync(fixture);
            fixture.AssertCompleted(await fixture.RunPlanAsync(Plan));
            await NoteRunsAsync(fixture);
        }

        Assert.NotEqual(0, kills);
        await AssertAllRestoreAsync(fixture);
    }

    [StraceTheory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Disk_ThatKeepsNothing_IsNeverABackup(int nth)
    {
        await using ClusterFixture fixture = await PrepareAsync();
        int points = await fixture.CountPointsAsync();
        Change(fixture);
        await using (await SystemCallFault.FailFromAsync(fixture.Cluster.Coordinator, "fsync", nth, "EIO"))
        {
            await fixture.Cluster.TryCliAsync("plan", "run", Plan);
            await fixture.Cluster.WaitForAsync(
                () => Task.FromResult(fixture.Cluster.LastWords(40).Contains("did not keep", StringComparison.Ordinal)),
                () => $"nobody says that the disk fails\n{fixture.Cluster.LastWords(40)}");

            Assert.Equal(points, await fixture.CountPointsAsync());
            Assert.Equal(points, (await RunsAsync(fixture)).Count(run => run.State() == "Completed"));
        }

        // What this process was told is lost is written again by the next one, and not synced once more.
        await RestartAsync(fixture);
        await EndRunsAsync(fixture);
        fixture.AssertCompleted(await fixture.RunPlanAsync(Plan));
        await NoteRunsAsync(fixture);
        await AssertAllRestoreAsync(fixture);
    }

    private async Task<ClusterFixture> PrepareAsync()
    {
        ClusterFixture fixture = await ClusterFixture.StartAsync();
        try
        {
            await fixture.AddWorkerAsync();
            await fixture.AddVolumePlanAsync(Plan);
            for (int i = 0; i < Files; i++)
            {
                Change(fixture);
            }

            fixture.AssertCompleted(await fixture.RunPlanAsync(Plan));
            await NoteRunsAsync(fixture);
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    private void Change(ClusterFixture fixture) => fixture.AddFile($"file-{_changes % Files}", FileBytes + ++_changes);

    private static async Task RestartAsync(ClusterFixture fixture)
    {
        await fixture.Cluster.KillCoordinatorAsync();
        await fixture.Cluster.StartCoordinatorAsync();
    }

    // Until the coordinator is dead, or has ended everything it was asked for.
    private static async Task<bool> IsKilledAsync(ClusterFixture fixture)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!fixture.Cluster.Coordinator.HasExited)
        {
            ProcessResult runs = await fixture.Cluster.TryCliAsync("run", "list", "--output", "json");
            if (runs.ExitCode == 0 && !JsonDocument.Parse(runs.StandardOutput).RootElement.EnumerateArray().Any(run => run.State() == "Running"))
            {
                return false;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, $"a run does not end\n{fixture.Cluster.LastWords(40)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return true;
    }

    // The run that was cut short goes on by itself, or had failed before.
    private static async Task EndRunsAsync(ClusterFixture fixture)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while ((await RunsAsync(fixture)).Any(run => run.State() == "Running"))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, $"a run does not end\n{fixture.Cluster.LastWords(40)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    // The volume stays as it is from the begin of an interrupted run to the end of the one after it.
    private async Task NoteRunsAsync(ClusterFixture fixture)
    {
        TreeFacts now = TreeFacts.Read(fixture.Layout.Volume);
        foreach (JsonElement run in await RunsAsync(fixture))
        {
            _ofRun.TryAdd(run.GetProperty("id").GetString()!, now);
        }
    }

    private static async Task<IEnumerable<JsonElement>> RunsAsync(ClusterFixture fixture) =>
        (await fixture.Cluster.CliJsonAsync("run", "list")).EnumerateArray();

    private async Task AssertAllRestoreAsync(ClusterFixture fixture)
    {
        await fixture.AssertSoundAsync();
        foreach (JsonElement point in (await fixture.Cluster.CliJsonAsync("point", "list")).EnumerateArray().Take(PointsMax))
        {
            RawTree.Empty(fixture.Layout.Volume, andItself: false);
            await fixture.Cluster.CliAsync("restore", "files", point.GetProperty("id").GetString()!, "volume/data", "--watch");
            Assert.Empty(_ofRun[point.GetProperty("runId").GetString()!].DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
        }
    }
}
