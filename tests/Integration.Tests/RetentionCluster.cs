using System.Text.Json;
using System.Text.RegularExpressions;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;

namespace K8sBackup.Integration.Tests;

/// <summary>A coordinator and a worker whose volume changes with every run, with a grace of a second.</summary>
internal sealed partial class RetentionCluster : IAsyncDisposable
{
    public const string Plan = "volume";

    private const int KeptBytes = 4 << 20;
    private const int GoneBytes = 6 << 20;

    private readonly string _configuration;
    private int _runs;

    private RetentionCluster(ClusterFixture fixture)
    {
        Fixture = fixture;
        _configuration = Path.Combine(fixture.Cluster.State, "coordinator.yaml");
    }

    public ClusterFixture Fixture { get; }

    public LocalCluster Cluster => Fixture.Cluster;

    /// <summary>What was in the volume at each restore point, oldest first.</summary>
    public List<(string Point, TreeFacts Volume)> Points { get; } = [];

    public static async Task<RetentionCluster> StartAsync(string throttle = "")
    {
        ClusterFixture fixture = new();
        RetentionCluster cluster = new(fixture);
        try
        {
            await cluster.Cluster.InitAsync();
            await cluster.ConfigureAsync(throttle);
            await cluster.Cluster.StartCoordinatorAsync();
            await fixture.AddWorkerAsync();
            await cluster.Cluster.AddPlanAsync(Plan, $$"""
                apiVersion: k8sbackup.dev/v1alpha1
                kind: BackupPlan
                metadata: {name: {{Plan}}}
                spec:
                  sources:
                    - volume: {name: data, path: {{SampleLayout.VolumeOnNode}}}
                      nodes: [{names: [{{ClusterFixture.WorkerNode}}]}]
                  retention: {keepLast: 2, minimumGood: 1}
                """);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the coordinator again with another throttle of its store.</summary>
    public async Task RestartAsync(string throttle)
    {
        await Cluster.StopCoordinatorAsync();
        await ConfigureAsync(throttle);
        await Cluster.StartCoordinatorAsync();
        await Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
    }

    /// <summary>One more restore point: a new file that stays, and one that the next run finds gone, so that every pack is in use by a part only.</summary>
    public async Task<string> BackUpAsync()
    {
        _runs++;
        File.Delete(Path.Combine(Fixture.Layout.Volume, $"gone-{_runs - 1}"));
        Fixture.AddFile($"kept-{_runs}", KeptBytes + _runs);
        Fixture.AddFile($"gone-{_runs}", GoneBytes + _runs);
        TreeFacts volume = TreeFacts.Read(Fixture.Layout.Volume);
        Fixture.AssertCompleted(await Fixture.RunPlanAsync(Plan));
        string point = (await Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString()!;
        Points.Add((point, volume));
        return point;
    }

    /// <summary>Prunes until everything condemned is deleted; gives the results.</summary>
    public async Task<List<JsonElement>> PruneToTheEndAsync()
    {
        List<JsonElement> results = [];
        await Cluster.WaitForAsync(
            async () =>
            {
                results.Add(ResultOf(await Cluster.CliAsync("prune", "--yes", "--output", "json")));
                return results[^1].GetProperty("waiting").GetProperty("packs").GetInt64() == 0;
            },
            () => $"Packs still wait: {results[^1]}\n{Cluster.CoordinatorOutput}");
        return results;
    }

    /// <summary>The result in what <c>prune --output json</c> printed.</summary>
    public static JsonElement ResultOf(string output) =>
        JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("result");

    /// <summary>Bytes of the packs in the store.</summary>
    public long PackBytes() => new DirectoryInfo(Path.Combine(Cluster.Store, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    /// <summary>The restore points there are, oldest first, are exactly these, each restores as it was, and the whole store is sound.</summary>
    public async Task AssertKeptAsync(params string[] points)
    {
        IEnumerable<string> listed = (await Cluster.CliJsonAsync("point", "list")).EnumerateArray().Select(p => p.GetProperty("id").GetString()!);
        Assert.Equal(points, listed.Reverse());
        foreach (string point in points)
        {
            RawTree.Empty(Fixture.Layout.Volume, andItself: false);
            await Cluster.CliAsync("restore", "files", point, "volume/data", "--watch");
            Assert.Empty(Points.Single(p => p.Point == point).Volume.DifferencesTo(TreeFacts.Read(Fixture.Layout.Volume), 10));
        }

        await Fixture.AssertSoundAsync();
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)Fixture).DisposeAsync();

    private async Task ConfigureAsync(string throttle)
    {
        string text = ThrottleLine().Replace(PruneLine().Replace(await File.ReadAllTextAsync(_configuration), ""), "");
        if (throttle.Length > 0)
        {
            text = LocalLine().Replace(text, line => $"{line.Value}  throttle: {throttle}\n");
        }

        await File.WriteAllTextAsync(_configuration, $"{text.TrimEnd()}\nprune: {{schedule: never, grace: 1s, unsafeGrace: true}}\n");
    }

    [GeneratedRegex(@"^  local: .*\n", RegexOptions.Multiline)]
    private static partial Regex LocalLine();

    [GeneratedRegex(@"^  throttle: .*\n", RegexOptions.Multiline)]
    private static partial Regex ThrottleLine();

    [GeneratedRegex(@"^prune: .*\n", RegexOptions.Multiline)]
    private static partial Regex PruneLine();
}
