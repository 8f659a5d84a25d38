using System.Text.Json;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Damage in the store: what is read says so with its cause, check finds it, and nothing half-done is left.</summary>
public sealed class DamageTests
{
    private const int Damaged = 8;

    private const int PartiallyFailed = 6;

    [Fact]
    public async Task PacksChanged_CostTheirFilesAndAreToldByDownloadRestoreAndCheck()
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        Damage(fixture, "packs", "flip");

        (ProcessResult download, ProcessResult restore) = await ReadAllAsync(fixture);

        Assert.Equal(PartiallyFailed, download.ExitCode);
        Assert.Contains("packs/", download.StandardOutput, StringComparison.Ordinal);
        Assert.True(File.Exists(ArchiveOf(fixture)));
        Assert.Equal(PartiallyFailed, restore.ExitCode);
        Assert.Contains("packs/", restore.StandardOutput, StringComparison.Ordinal);
        await AssertCheckTellsAsync(fixture);
    }

    [Theory]
    [InlineData("truncate")]
    [InlineData("remove")]
    public async Task PacksLost_NothingIsRestoredAndDownloadRestoreAndCheckSayWhy(string damage)
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        Damage(fixture, "packs", damage);

        (ProcessResult download, ProcessResult restore) = await ReadAllAsync(fixture);

        Assert.Equal(Damaged, download.ExitCode);
        Assert.Contains("StoreCorrupt", download.StandardError, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(fixture.Folder, "x.tar*"));
        Assert.Equal(7, restore.ExitCode);
        Assert.Contains("StoreCorrupt", restore.StandardOutput, StringComparison.Ordinal);
        await AssertCheckTellsAsync(fixture);
    }

    [Theory]
    [InlineData("restore-points")]
    [InlineData("snapshots")]
    public async Task Manifest_Damaged_IsListedAsDamagedAndRefused(string folder)
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        string point = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("id").GetString()!;
        await fixture.Cluster.StopCoordinatorAsync();
        Damage(fixture, folder, "flip");
        await fixture.Cluster.StartCoordinatorAsync();

        ProcessResult show = await fixture.Cluster.TryCliAsync("point", "show", point, "--output", "json");
        ProcessResult download = await fixture.Cluster.TryCliAsync("download", point, "volume/data", "-o", Path.Combine(fixture.Folder, "x.tar"));
        ProcessResult check = await fixture.Cluster.TryCliAsync("check");

        Assert.Equal(Damaged, show.ExitCode);
        Assert.Contains("\"outcome\": \"Damaged\"", show.StandardOutput, StringComparison.Ordinal);
        Assert.Equal(Damaged, download.ExitCode);
        Assert.Equal(Damaged, check.ExitCode);
    }

    [Fact]
    public async Task Index_Damaged_IsFoundByCheck()
    {
        await using ClusterFixture fixture = await WithBackupAsync();
        await fixture.Cluster.StopCoordinatorAsync();
        Damage(fixture, "index", "flip");
        await fixture.Cluster.StartCoordinatorAsync();

        ProcessResult check = await fixture.Cluster.TryCliAsync("check", "--output", "json");

        Assert.Equal(Damaged, check.ExitCode);
        Assert.Contains("index/", check.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "damaged")]
    [InlineData(true, "opens")]
    public async Task KeyFile_DamagedOrAnother_CoordinatorSaysSoAndStops(bool another, string word)
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.Cluster.StopCoordinatorAsync();
        string path = Path.Combine(fixture.Cluster.State, "repository.key");
        string text = await File.ReadAllTextAsync(path);
        using Repository.Keys.KeyFile other = Repository.Keys.KeyFile.Generate();
        await File.WriteAllTextAsync(path, another ? other.Export() : text.Replace(text[20], text[20] == '0' ? '1' : '0'));

        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(fixture.Cluster.StartCoordinatorAsync);

        Assert.Contains(word, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(text.Trim(), error.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text);
        await fixture.Cluster.StartCoordinatorAsync();
        await fixture.AssertSoundAsync();
    }

    private static string ArchiveOf(ClusterFixture fixture) => Path.Combine(fixture.Folder, "x.tar");

    private static async Task<(ProcessResult Download, ProcessResult Restore)> ReadAllAsync(ClusterFixture fixture) => (
        await fixture.Cluster.TryCliAsync("download", "latest", "volume/data", "-o", ArchiveOf(fixture), "--output", "json"),
        await fixture.Cluster.TryCliAsync("restore", "files", "latest", "volume/data", "--target", "/srv/recovered", "--watch", "--output", "json"));

    private static async Task AssertCheckTellsAsync(ClusterFixture fixture)
    {
        ProcessResult check = await fixture.Cluster.TryCliAsync("check", "--read-data", "--output", "json");
        Assert.Equal(Damaged, check.ExitCode);
        JsonElement problems = JsonDocument.Parse(check.StandardOutput.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("result").GetProperty("problems");
        Assert.Contains(problems.EnumerateArray(), p => p.GetProperty("object").GetString()!.StartsWith("packs/", StringComparison.Ordinal));
        Assert.Contains(problems.EnumerateArray(), p => p.GetProperty("affected").GetArrayLength() > 0);
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

    /// <summary>Damages every object of a folder of the store, in the middle.</summary>
    private static void Damage(ClusterFixture fixture, string folder, string damage)
    {
        string[] files = Directory.GetFiles(Path.Combine(fixture.Cluster.Store, folder), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            switch (damage)
            {
                case "flip":
                    bytes[bytes.Length / 2] ^= 1;
                    File.WriteAllBytes(file, bytes);
                    break;
                case "truncate":
                    File.WriteAllBytes(file, bytes[..(bytes.Length / 2)]);
                    break;
                default:
                    File.Delete(file);
                    break;
            }
        }
    }
}
