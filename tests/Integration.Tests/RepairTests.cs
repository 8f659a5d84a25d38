using System.Text.Json;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>The runbook for damage, from the damage to the healed repository, with the programs as they are.</summary>
public sealed class RepairTests
{
    private const int Damaged = 8;

    [Fact]
    public async Task IndexGone_RepairIndex_EverythingRestoresAndBackupsGoOn()
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        TreeFacts before = TreeFacts.Read(fixture.Layout.Volume);
        await fixture.Cluster.StopCoordinatorAsync();
        foreach (string segment in Directory.GetFiles(Path.Combine(fixture.Cluster.Store, "index")))
        {
            File.Delete(segment);
        }

        string[] repair = ["repair", "index", "--store", fixture.Cluster.Store, "--passphrase-file", fixture.Cluster.RecoveryFile];
        await fixture.Cluster.CliAsync(repair);
        Assert.Empty(Directory.GetFiles(Path.Combine(fixture.Cluster.Store, "index")));
        await fixture.Cluster.CliAsync([.. repair, "--execute"]);

        await fixture.Cluster.StartCoordinatorAsync();
        await fixture.Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        RawTree.Empty(fixture.Layout.Volume, andItself: false);
        await fixture.Cluster.CliAsync("restore", "files", "latest", "volume/data", "--watch");
        Assert.Empty(before.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task PackDamaged_CheckNamesFiles_RepairMarksThem_TheNextBackupHeals()
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        string point = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString()!;
        string pack = new DirectoryInfo(Path.Combine(fixture.Cluster.Store, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(f => f.Length)!.FullName;
        byte[] content = await File.ReadAllBytesAsync(pack);
        content[content.Length / 3] ^= 1;
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(pack, content);

        ProcessResult check = await fixture.Cluster.TryCliAsync("check", "--read-data", "--output", "json");
        Assert.Equal(Damaged, check.ExitCode);
        JsonElement problem = Assert.Single(JsonDocument.Parse(check.StandardOutput.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("result").GetProperty("problems").EnumerateArray());
        Assert.EndsWith(Path.GetFileName(pack), problem.GetProperty("object").GetString(), StringComparison.Ordinal);
        Assert.Contains(problem.GetProperty("affected").EnumerateArray(), a => a.GetString() == point);
        string[] lost = [.. problem.GetProperty("files").EnumerateArray().Select(f => f.GetString()!.Split(' ')[^1])];
        Assert.Equal(problem.GetProperty("fileCount").GetInt64(), lost.Length);
        Assert.Contains(lost, f => f is "a" or "b");

        await RepairSnapshotsAsync(fixture, Damaged);
        ProcessResult shown = await fixture.Cluster.TryCliAsync("point", "show", point, "--output", "json");
        Assert.Contains("files are lost: ", shown.StandardOutput, StringComparison.Ordinal);

        // The coordinator was told by its own check: the damaged pack's data is stored again, though the files are as they were.
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));
        await RepairSnapshotsAsync(fixture, expected: 0);
        shown = await fixture.Cluster.TryCliAsync("point", "show", point, "--output", "json");
        Assert.DoesNotContain("files are lost: ", shown.StandardOutput, StringComparison.Ordinal);
        TreeFacts before = TreeFacts.Read(fixture.Layout.Volume);
        RawTree.Empty(fixture.Layout.Volume, andItself: false);
        await fixture.Cluster.CliAsync("restore", "files", point, "volume/data", "--watch");
        Assert.Empty(before.DifferencesTo(TreeFacts.Read(fixture.Layout.Volume), 10));
    }

    // Marks are small objects of their own, so that the coordinator may run.
    private static async Task RepairSnapshotsAsync(ClusterFixture fixture, int expected)
    {
        ProcessResult repair = await fixture.Cluster.TryCliAsync(
            "repair", "snapshots", "--read-data", "--store", fixture.Cluster.Store, "--passphrase-file", fixture.Cluster.RecoveryFile, "--execute");
        Assert.True(repair.ExitCode == expected, $"{repair.ExitCode}: {repair.StandardOutput}{repair.StandardError}");
    }

    private static async Task<ClusterFixture> WithBackupAsync()
    {
        ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddWorkerAsync();
        fixture.AddFile("a", 3_000_000);
        fixture.AddFile("b", 2_000_000);
        await fixture.AddVolumePlanAsync();
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));
        return fixture;
    }
}
