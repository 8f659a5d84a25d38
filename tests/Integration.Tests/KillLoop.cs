using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;

namespace K8sBackup.Integration.Tests;

/// <summary>Kills coordinator and agent again and again while something goes on, and knows what every restore point must give.</summary>
internal sealed class KillLoop
{
    public const string Plan = "volume";

    private const int Files = 16;
    private const int FileBytes = 1 << 20;
    private const int ChangesOfRun = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ClusterFixture _fixture;
    private readonly Random _random;
    private readonly Dictionary<string, TreeFacts> _ofRun = new(StringComparer.Ordinal);
    private readonly long _begin = TimeProvider.System.GetTimestamp();
    private int _changes;

    private KillLoop(ClusterFixture fixture, int seed)
    {
        _fixture = fixture;
        _random = new Random(seed);
    }

    /// <summary>Processes killed so far.</summary>
    public int Kills { get; private set; }

    /// <summary>A cluster with a worker, a volume and a plan that keeps some restore points; space comes back after a second.</summary>
    public static async Task<KillLoop> StartAsync(ClusterFixture fixture, int seed, int keepLast)
    {
        await File.AppendAllTextAsync(
            Path.Combine(fixture.Cluster.State, "coordinator.yaml"), "\nprune:\n  schedule: never\n  grace: 1s\n  unsafeGrace: true\n");
        await fixture.Cluster.StopCoordinatorAsync();
        await fixture.Cluster.StartCoordinatorAsync();
        await fixture.AddWorkerAsync();
        await fixture.AddPlanAsync(Plan, $"{ClusterFixture.VolumeSource(SampleLayout.VolumeOnNode)}\nretention: {{keepLast: {keepLast}}}");
        KillLoop loop = new(fixture, seed);
        for (int i = 0; i < Files; i++)
        {
            loop.Change(i);
        }

        return loop;
    }

    /// <summary>True until the loop has gone on for so long.</summary>
    public bool GoesOnFor(TimeSpan time) => TimeProvider.System.GetElapsedTime(_begin) < time;

    /// <summary>Changes some of the volume and begins a run that captures it.</summary>
    public async Task<string> BeginRunAsync()
    {
        for (int i = 0; i < ChangesOfRun; i++)
        {
            Change(_random.Next(Files));
        }

        TreeFacts facts = TreeFacts.Read(_fixture.Layout.Volume);
        string run = (await _fixture.Cluster.CliJsonAsync("plan", "run", Plan)).GetProperty("id").GetString()!;
        _ofRun[run] = facts;
        return run;
    }

    /// <summary>True when a run is over; it must have ended well.</summary>
    public async Task<bool> IsOverAsync(string run)
    {
        string state = (await _fixture.Cluster.CliJsonAsync("run", "show", run)).State();
        Assert.True(state is "Running" or "Completed", $"run {run} is {state} after {Kills} kills\n{_fixture.Cluster.LastWords(40)}");
        return state == "Completed";
    }

    public async Task WaitForRunAsync(string run)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!await IsOverAsync(run))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, $"run {run} does not end\n{_fixture.Cluster.LastWords(40)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public Task PauseAsync(int millisecondsMax) => Task.Delay(TimeSpan.FromMilliseconds(_random.Next(millisecondsMax)), TimeProvider.System);

    /// <summary>SIGKILL of the coordinator, the agent or both, and a new start.</summary>
    public async Task KillAsync(bool onlyCoordinator = false)
    {
        int whom = onlyCoordinator ? 0 : _random.Next(4);
        if (whom != 1)
        {
            await _fixture.Cluster.KillCoordinatorAsync();
            Kills++;
        }

        if (whom is 1 or 2)
        {
            await _fixture.WorkerAgent!.KillAsync();
            Kills++;
            _fixture.WorkerAgent.Start();
        }

        if (whom != 1)
        {
            await _fixture.Cluster.StartCoordinatorAsync();
        }
    }

    /// <summary>The check finds nothing, and the newest restore points give byte for byte what was there when their runs began.</summary>
    public async Task AssertEverythingRestoresAsync(int pointsMax)
    {
        await _fixture.AssertSoundAsync();
        JsonElement points = await _fixture.Cluster.CliJsonAsync("point", "list");
        Assert.NotEqual(0, points.GetArrayLength());
        foreach (JsonElement point in points.EnumerateArray().Take(pointsMax))
        {
            string id = point.GetProperty("id").GetString()!;
            string run = (await _fixture.Cluster.CliJsonAsync("point", "show", id)).GetProperty("runId").GetString()!;
            RawTree.Empty(_fixture.Layout.Volume, andItself: false);
            await _fixture.Cluster.CliAsync("restore", "files", id, "volume/data", "--watch");
            Assert.Empty(_ofRun[run].DifferencesTo(TreeFacts.Read(_fixture.Layout.Volume), 10));
        }
    }

    // The content follows from the size.
    private void Change(int file) => _fixture.AddFile($"file-{file}", FileBytes + ++_changes);
}
