using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>A volume with rules: what they leave out is said, found files come back, and a mirror deletes what is to be deleted.</summary>
public sealed class FileRecoveryTests
{
    [Fact]
    public async Task Volume_WithRules_SearchedDownloadedAndMirrored()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddWorkerAsync();
        fixture.FillVolume();
        string volume = fixture.Layout.Volume;
        await File.WriteAllTextAsync(Path.Combine(volume, "wanted.pdf"), "first version");
        Directory.CreateDirectory(Path.Combine(volume, "scratch", "deep"));
        await File.WriteAllTextAsync(Path.Combine(volume, "scratch", "deep", "x"), "x");
        await File.WriteAllTextAsync(Path.Combine(volume, "debug.log"), "x");
        await fixture.AddPlanAsync(
            "ruled",
            ClusterFixture.VolumeSource(SampleLayout.VolumeOnNode).Replace("\n  nodes", "\n    exclude: ['*.log', /scratch/]\n  nodes", StringComparison.Ordinal));
        fixture.AssertCompleted(await fixture.RunPlanAsync("ruled"));
        await File.WriteAllTextAsync(Path.Combine(volume, "wanted.pdf"), "second version");
        fixture.AssertCompleted(await fixture.RunPlanAsync("ruled"));
        TreeFacts captured = TreeFacts.Read(volume);

        await AssertRulesShownAsync(fixture);
        await AssertFoundAsync(fixture);
        await AssertZipAsync(fixture);
        await AssertMirroredAsync(fixture, captured);
        await fixture.AssertSoundAsync();
    }

    private static async Task AssertRulesShownAsync(ClusterFixture fixture)
    {
        JsonElement snapshot = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("snapshots")[0];
        Assert.Equal("Completed", snapshot.GetProperty("outcome").GetString());
        Assert.Equal(
            ["*.log 1 0 debug.log", "/scratch/ 0 1 scratch"],
            snapshot.GetProperty("excluded").EnumerateArray().Select(e =>
                $"{e.GetProperty("rule").GetString()} {e.GetProperty("files")} {e.GetProperty("directories")} {e.GetProperty("examples")[0].GetString()}")
                .Order(StringComparer.Ordinal));
    }

    private static async Task AssertFoundAsync(ClusterFixture fixture)
    {
        JsonElement found = await fixture.Cluster.CliJsonAsync("find", "*.pdf", "--all-points", "--plan", "ruled");
        Assert.Equal(["14", "13"], found.EnumerateArray().Select(f => f.GetProperty("file").GetProperty("size").ToString()));
        Assert.Equal(3, (await fixture.Cluster.TryCliAsync("find", "x", "--all-points")).ExitCode);
    }

    private static async Task AssertZipAsync(ClusterFixture fixture)
    {
        string zip = Path.Combine(fixture.Folder, "v.zip");
        await fixture.Cluster.TryCliAsync("download", "latest", "volume/data", "wanted.pdf", "d05", "-o", zip);
        ProcessResult listed = await ChildProcess.RunAsync(
            "python3", ["-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.read('wanted.pdf'))", zip], TimeSpan.FromMinutes(1));
        Assert.Equal("None b'second version'\n", listed.StandardOutput);
    }

    private static async Task AssertMirroredAsync(ClusterFixture fixture, TreeFacts captured)
    {
        string volume = fixture.Layout.Volume;
        Directory.CreateDirectory(Path.Combine(volume, "intruder", "deep"));
        await File.WriteAllTextAsync(Path.Combine(volume, "intruder", "deep", "f"), "x");
        File.Delete(Path.Combine(volume, "wanted.pdf"));
        string[] mirror = ["restore", "files", "latest", "volume/data", "--conflicts", "mirror"];
        TreeFacts before = TreeFacts.Read(volume);

        ProcessResult preview = await fixture.Cluster.TryCliAsync([.. mirror, "--dry-run", "--output", "json"]);

        Assert.True(preview.ExitCode == 0, preview.StandardError);
        JsonElement report = JsonDocument.Parse(preview.StandardOutput.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("report").GetProperty("preview");
        Assert.Equal((3, 1), (report.GetProperty("delete").GetInt64(), report.GetProperty("create").GetInt64()));
        Assert.Empty(before.DifferencesTo(TreeFacts.Read(volume), 10));
        Assert.Equal(2, (await fixture.Cluster.TryCliAsync(mirror)).ExitCode);

        ProcessResult done = await fixture.Cluster.TryCliAsync([.. mirror, "--yes", "--watch"]);

        Assert.True(done.ExitCode == 0, $"{done.StandardOutput}{done.StandardError}\n{fixture.WorkerAgent?.Output}");
        Assert.Empty(captured.DifferencesTo(TreeFacts.Read(volume), 10));
    }
}
