using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Restore points thin out by a plan's retention, space comes back, and SIGKILL at any phase of a prune costs nothing.</summary>
public sealed class PruneTests
{
    private const int Usage = 2;
    private const int NotFound = 3;
    private const int Unavailable = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Phases = ["manifests", "marking", "index", "deleting", "repacking"];

    [Fact]
    public async Task Points_BeyondTheRules_GoAndTheirSpaceComesBack()
    {
        await using RetentionCluster cluster = await RetentionCluster.StartAsync();
        for (int i = 0; i < 5; i++)
        {
            await cluster.BackUpAsync();
        }

        string[] points = [.. cluster.Points.Select(p => p.Point)];
        JsonElement pin = await cluster.Cluster.CliJsonAsync("pin", points[0], "--reason", "audit 4711");
        Assert.True(pin.GetProperty("changed").GetBoolean());
        await AssertExplainedAsync(cluster, points);
        await AssertPlanChangesNothingAsync(cluster, points);

        long before = cluster.PackBytes();
        List<JsonElement> results = await cluster.PruneToTheEndAsync();

        Assert.Equal(2, results.Sum(r => r.GetProperty("pointCount").GetInt64()));
        Assert.Equal([points[1], points[2]], results[0].GetProperty("points").EnumerateArray().Select(p => p.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(0, results[0].GetProperty("deleted").GetProperty("bytes").GetInt64());
        Assert.Contains(results[0].GetProperty("reasons").EnumerateArray(), r => r.GetProperty("reason").GetString() == "Sparse");
        long deleted = results.Sum(r => r.GetProperty("deleted").GetProperty("bytes").GetInt64());
        long written = results.Sum(r => r.GetProperty("written").GetProperty("bytes").GetInt64());
        Assert.Equal(before - deleted + written, cluster.PackBytes());

        // Of the two middle points goes what nobody else has: a file of 6 MiB each.
        Assert.InRange(before - cluster.PackBytes(), 2 * (6L << 20), (2 * (6L << 20)) + (1 << 20));
        await cluster.AssertKeptAsync(points[0], points[3], points[4]);

        await cluster.Cluster.CliAsync("unpin", points[0]);
        await cluster.PruneToTheEndAsync();
        await cluster.AssertKeptAsync(points[3], points[4]);
        ProcessResult nothing = await cluster.Cluster.TryCliAsync("prune", "--dry-run");
        Assert.Contains("nothing to prune", nothing.StandardError, StringComparison.Ordinal);
        await AssertRefusalsAsync(cluster);
    }

    [Fact]
    public async Task Coordinator_KilledInEveryPhaseOfAPrune_LosesNothingAndTheNextPruneFinishes()
    {
        // Copying a file of 4 MiB out of a pack takes two seconds so, and killing it before the end needs no luck.
        const string Slow = "{downloadBytesPerSecond: 2000000}";
        await using RetentionCluster cluster = await RetentionCluster.StartAsync(Slow);
        for (int i = 0; i < 3; i++)
        {
            await cluster.BackUpAsync();
        }

        foreach (string phase in Phases)
        {
            await cluster.BackUpAsync();
            await KillAtAsync(cluster, phase);
            await cluster.Cluster.CliAsync("check");
        }

        await cluster.RestartAsync("");
        List<JsonElement> results = await cluster.PruneToTheEndAsync();
        Assert.All(results, r => Assert.Equal(0, r.GetProperty("obstacles").GetArrayLength()));
        await cluster.AssertKeptAsync([.. cluster.Points.TakeLast(2).Select(p => p.Point)]);

        // What is left is what the two points hold, 8 files that stay and two that do not, in packs that are in use by 70 % or more.
        long needed = (8 * (4L << 20)) + (2 * (6L << 20));
        Assert.InRange(cluster.PackBytes(), needed, needed * 100 / 70);
    }

    private static async Task AssertExplainedAsync(RetentionCluster cluster, string[] points)
    {
        JsonElement[] verdicts = [.. (await cluster.Cluster.CliJsonAsync("retention", "explain", "--plan", RetentionCluster.Plan)).EnumerateArray()];
        Assert.Equal(points.Reverse(), verdicts.Select(v => v.GetProperty("pointId").GetString()!));
        Assert.Equal([true, true, false, false, true], verdicts.Select(v => v.GetProperty("stays").GetBoolean()));
        Assert.All(verdicts, v => Assert.Equal("volume", v.GetProperty("good")[0].GetString()));
        Assert.Equal("newest", verdicts[0].GetProperty("reasons")[0].GetString());
        Assert.Equal("volume: last 3, kept are 2", verdicts[2].GetProperty("reasons")[0].GetString());
        Assert.EndsWith("audit 4711", verdicts[4].GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("volume: last 2 of 2", await cluster.Cluster.CliAsync("retention", "explain"), StringComparison.Ordinal);
    }

    private static async Task AssertPlanChangesNothingAsync(RetentionCluster cluster, string[] points)
    {
        (long Bytes, int Objects) before = (cluster.PackBytes(), Directory.GetFiles(cluster.Cluster.Store, "*", SearchOption.AllDirectories).Length);
        JsonElement plan = RetentionCluster.ResultOf(await cluster.Cluster.CliAsync("prune", "--dry-run", "--output", "json"));
        Assert.True(plan.GetProperty("dryRun").GetBoolean());
        Assert.Equal(2, plan.GetProperty("pointCount").GetInt64());
        Assert.NotEqual(0, plan.GetProperty("bytesComingBack").GetInt64());
        Assert.Contains("Restore points to delete", await cluster.Cluster.CliAsync("prune", "--dry-run"), StringComparison.Ordinal);
        Assert.Equal(before, (cluster.PackBytes(), Directory.GetFiles(cluster.Cluster.Store, "*", SearchOption.AllDirectories).Length));
        Assert.Equal(points.Length, await cluster.Fixture.CountPointsAsync());
    }

    private static async Task AssertRefusalsAsync(RetentionCluster cluster)
    {
        Assert.Equal(Usage, (await cluster.Cluster.TryCliAsync("prune")).ExitCode);
        Assert.Equal(Usage, (await cluster.Cluster.TryCliAsync("prune", "--yes", "--repack-threshold", "96")).ExitCode);
        Assert.Equal(NotFound, (await cluster.Cluster.TryCliAsync("retention", "explain", "--plan", "other")).ExitCode);
        Assert.Equal(NotFound, (await cluster.Cluster.TryCliAsync("pin", "0000")).ExitCode);
    }

    // Progress may leave out phases that pass quickly; the copying at the end does not pass quickly.
    private static async Task KillAtAsync(RetentionCluster cluster, string phase)
    {
        string[] from = Phases[Array.IndexOf(Phases, phase)..];
        await using ChildProcess prune = ChildProcess.Start(Programs.Cli, ["prune", "--yes", "--output", "json"], cluster.Cluster.Variables);
        await prune.WaitForLineAsync(line => PhaseOf(line) is { } now && from.Contains(now), Patience);

        await cluster.Cluster.KillCoordinatorAsync();

        int code = await prune.WaitForExitAsync(Patience);
        Assert.True(code == Unavailable, $"prune ended with {code}: {prune.Output}");
        await cluster.Cluster.StartCoordinatorAsync();
        await cluster.Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
    }

    private static string? PhaseOf(string line) =>
        line.StartsWith('{') && JsonDocument.Parse(line).RootElement.TryGetProperty("progress", out JsonElement progress) && progress.ValueKind == JsonValueKind.Object
            ? progress.GetProperty("phase").GetString()
            : null;
}
