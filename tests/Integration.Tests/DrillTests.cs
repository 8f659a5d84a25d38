using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Drills with the real programs and a real etcd.</summary>
public sealed class DrillTests
{
    [Fact]
    public async Task Drills_OfASoundPoint_PassWithEvidenceAndLeaveNothing_AndOfADamagedOne_FailLoudly()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddControlPlaneAsync();
        await fixture.AddWorkerAsync();
        fixture.FillVolume();
        await fixture.Cluster.AddPlanAsync("all", SampleLayout.Plan("all", ClusterFixture.ControlPlaneNode, ClusterFixture.WorkerNode));
        fixture.AssertCompleted(await fixture.RunPlanAsync("all"));
        TreeFacts node = TreeFacts.Read(Path.Combine(fixture.Host!.Root, "etc"));

        ProcessResult passed = await fixture.Cluster.TryCliAsync("drill", "run", "latest", "--watch", "--output", "json");
        Assert.True(passed.ExitCode == 0, $"{passed.StandardOutput}{passed.StandardError}\n{fixture.ControlPlaneAgent!.Output}\n{fixture.Cluster.CoordinatorOutput}");
        await AssertPassedAsync(fixture);
        Assert.Empty(node.DifferencesTo(TreeFacts.Read(Path.Combine(fixture.Host.Root, "etc")), 10));
        foreach (string agent in (string[])[fixture.ControlPlaneAgent!.Folder, fixture.WorkerAgent!.Folder])
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(agent, "state", "drills")));
        }

        Dictionary<string, byte[]> packs = Directory.EnumerateFiles(Path.Combine(fixture.Cluster.Store, "packs"), "*", SearchOption.AllDirectories)
            .ToDictionary(path => path, File.ReadAllBytes);
        foreach (string pack in packs.Keys)
        {
            File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            byte[] damaged = [.. packs[pack]];
            // Up to the end: which source's chunks come first depends on who sent first.
            damaged.AsSpan(64).Reverse();
            await File.WriteAllBytesAsync(pack, damaged);
        }

        ProcessResult failed = await fixture.Cluster.TryCliAsync("drill", "run", "latest", "etcd", "--watch", "--output", "json");
        Assert.True(failed.ExitCode == 7, $"{failed.ExitCode}: {failed.StandardOutput}{failed.StandardError}");
        Assert.Equal("FAILED", (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("drillState").GetString());
        Assert.Contains("failed", (await fixture.Cluster.CliJsonAsync("status")).GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("FAILED", fixture.Cluster.CoordinatorOutput, StringComparison.Ordinal);
        foreach ((string pack, byte[] content) in packs)
        {
            await File.WriteAllBytesAsync(pack, content);
        }

        Assert.Equal(0, (await fixture.Cluster.TryCliAsync("drill", "run", "latest", "etcd", "--watch")).ExitCode);
        await fixture.AssertSoundAsync();
    }

    private static async Task AssertPassedAsync(ClusterFixture fixture)
    {
        JsonElement[] drills = [.. (await fixture.Cluster.CliJsonAsync("drill", "list")).EnumerateArray()];
        Assert.Equal(["control-plane", "etcd", "volume"], drills.Select(d => d.GetProperty("source").GetString()!.Split('/')[0]).Order(StringComparer.Ordinal));
        Assert.All(drills, drill => Assert.Equal("Passed", drill.GetProperty("state").GetString()));
        JsonElement point = await fixture.Cluster.CliJsonAsync("point", "show", "latest");
        JsonElement snapshot = point.GetProperty("snapshots").EnumerateArray().Single(s => s.GetProperty("source").GetString()!.StartsWith("etcd/", StringComparison.Ordinal));
        JsonElement served = snapshot.GetProperty("drill").GetProperty("etcd");
        JsonElement evidence = snapshot.GetProperty("etcd");
        foreach (string fact in (string[])["revision", "keys", "hashKv"])
        {
            Assert.Equal(evidence.GetProperty(fact).GetInt64(), served.GetProperty(fact).GetInt64());
        }

        Assert.StartsWith("running etcd", served.GetProperty("binaryOrigin").GetString(), StringComparison.Ordinal);
        Assert.Equal("", served.GetProperty("notIsolatedBecause").GetString());
        Assert.NotEqual("", served.GetProperty("timeToRecover").GetString());
        JsonElement files = drills.Single(d => d.GetProperty("source").GetString()!.StartsWith("volume/", StringComparison.Ordinal)).GetProperty("files");
        Assert.InRange(files.GetProperty("files").GetInt64(), 20, 64);
        Assert.True(files.GetProperty("filesInSnapshot").GetInt64() >= files.GetProperty("files").GetInt64());
    }
}
