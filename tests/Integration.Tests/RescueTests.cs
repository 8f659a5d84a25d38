using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.ControlPlane;
using K8sBackup.Demo.Etcd;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// The night everything is gone: a copy of the store and a recovery key in an empty directory, the k8sbackup program, and
/// nothing else. The coordinator is stopped, and no configuration of a client is given.
/// </summary>
public sealed class RescueTests : IClassFixture<RoundTripFixture>, IAsyncLifetime
{
    private const int DifferencesShown = 10;

    private readonly RoundTripFixture _backup;
    private readonly string _machine = Directory.CreateTempSubdirectory("k8sbackup-rescue-").FullName;

    public RescueTests(RoundTripFixture backup) => _backup = backup;

    private ClusterFixture Fixture => _backup.Fixture;

    private string Store => Path.Combine(_machine, "bucket");

    private string RecoveryKey => Path.Combine(_machine, "recovery.key");

    public async Task InitializeAsync()
    {
        await Fixture.Cluster.StopCoordinatorAsync();
        await CliAsync("key", "new-recovery", "--out", RecoveryKey);
        await CliAsync("key", "add", "--store", Fixture.Cluster.Store, "--passphrase-file", Fixture.Cluster.RecoveryFile, "--new-recovery-key", RecoveryKey + ".pub", "--label", "test");
        ProcessResult copy = await ChildProcess.RunAsync("cp", ["-a", Fixture.Cluster.Store, Store], TimeSpan.FromMinutes(1));
        Assert.True(copy.ExitCode == 0, copy.StandardError);
    }

    public async Task DisposeAsync()
    {
        await Fixture.Cluster.StartCoordinatorAsync();
        RawTree.Empty(_machine, andItself: true);
    }

    [Fact]
    public async Task Points_ShowAndLs_TellWhatThereIs()
    {
        JsonElement points = JsonDocument.Parse(await RescueAsync("points", "--output", "json")).RootElement;
        JsonElement point = JsonDocument.Parse(await RescueAsync("show", "latest", "--output", "json")).RootElement;
        string files = await RescueAsync("ls", "latest", "volume/data", "d05");

        Assert.Equal(point.GetProperty("id").GetString(), points[0].GetProperty("id").GetString());
        Assert.Equal(
            ["control-plane/files@cp-1", "etcd/etcd@cp-1", "volume/data@worker-1"],
            point.GetProperty("snapshots").EnumerateArray().Select(s => s.GetProperty("source").GetString()).Order(StringComparer.Ordinal));
        Assert.Contains("d05/file-0005.dat\n", files, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volume_ComesBackTheSame()
    {
        string target = Path.Combine(_machine, "volume");

        await RescueAsync("files", "latest", "volume/data", "--target", target, "--keep-privileges");

        Assert.Empty(_backup.Volume.DifferencesTo(TreeFacts.Read(target), DifferencesShown));
    }

    [Fact]
    public async Task ControlPlaneFiles_ComeBackTheSame()
    {
        string target = Path.Combine(_machine, "control-plane");

        await RescueAsync("files", "latest", "control-plane", "--target", target);

        Assert.Empty(_backup.Kubernetes.DifferencesTo(TreeFacts.Read(Path.Combine(target, "etc/kubernetes")), DifferencesShown));
    }

    [Fact]
    public async Task Etcd_ServesEveryKeyFromTheMadeDataDirectory()
    {
        EtcdProcess etcd = Fixture.Etcd!;
        HostRoot host = Fixture.Host!;
        await etcd.StopAsync();
        string former = Directory.GetDirectories(host.EtcdData).Single(d => Path.GetFileName(d) == "member");
        string peer = $"https://127.0.0.1:{etcd.PeerPort}";

        ProcessResult unconfirmed = await TryRescueAsync("etcd", "latest", "--data-dir", host.EtcdData, "--member-name", "cp-1", "--peer-url", peer);
        Assert.Equal(2, unconfirmed.ExitCode);
        Assert.Contains("--yes-i-mean", unconfirmed.StandardError, StringComparison.Ordinal);
        Assert.True(Directory.Exists(former));

        JsonElement report = JsonDocument.Parse(await RescueAsync(
            "etcd", "latest", "--data-dir", host.EtcdData, "--member-name", "cp-1", "--peer-url", peer, "--yes-i-mean", host.EtcdData, "--output", "json")).RootElement;
        await etcd.StartAsync(CancellationToken.None);

        using EtcdGateway gateway = etcd.Connect();
        EtcdContents after = await gateway.ReadAllAsync(CancellationToken.None);
        Assert.Empty(_backup.Keys.DifferencesTo(after, DifferencesShown));
        Assert.True(after.Revision > _backup.Keys.Revision);
        Assert.True(Directory.Exists(report.GetProperty("etcd").GetProperty("formerData").GetString()));
        ProcessResult running = await TryRescueAsync("etcd", "latest", "--data-dir", host.EtcdData, "--member-name", "cp-1", "--peer-url", peer, "--yes-i-mean", host.EtcdData);
        Assert.Equal(9, running.ExitCode);
        Assert.Contains("A running etcd holds", running.StandardError, StringComparison.Ordinal);
    }

    /// <summary>Most often the machine is new, and has nothing where etcd's data will be.</summary>
    [Fact]
    public async Task Etcd_IsMadeWhereNoDirectoryIs()
    {
        string data = Path.Combine(_machine, "var/lib/etcd");

        string report = await RescueAsync("etcd", "latest", "--data-dir", data, "--member-name", "cp-1", "--peer-url", "https://10.0.0.1:2380");

        Assert.Contains(data, report, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(data, "member/snap/db")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(data, "member/wal"), "*.wal"));
    }

    [Fact]
    public async Task EtcdSnapshot_IsLookedIntoAndSavedFromTheStoreAlone()
    {
        string saved = Path.Combine(_machine, "saved.db");
        string files = Path.Combine(_machine, "etcd-files");
        await RescueAsync("files", "latest", "etcd", "--target", files);

        string listed = await OnTheStoreAsync("etcd", "ls", "latest", "--decrypt", "--output", "json");
        await OnTheStoreAsync("etcd", "save", "latest", "-o", saved);
        string deployment = await OnTheStoreAsync("etcd", "get", "latest", _backup.Keys.Keys.Keys.Min(StringComparer.Ordinal)!);

        Assert.Equal(
            _backup.Keys.Keys.Keys.Order(StringComparer.Ordinal),
            JsonDocument.Parse(listed).RootElement.EnumerateArray().Select(o => o.GetProperty("key").GetString()));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(files, "snapshot.db")), await File.ReadAllBytesAsync(saved));
        Assert.Contains("# malformed", deployment, StringComparison.Ordinal);
        ProcessResult status = await ChildProcess.RunAsync(
            "etcdctl", ["snapshot", "status", saved], TimeSpan.FromMinutes(1), new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" });
        Assert.True(status.ExitCode == 0, status.StandardError);
    }

    [Fact]
    public async Task LostPack_CostsItsFilesAndIsToldWithTheirNames()
    {
        string largest = new DirectoryInfo(Path.Combine(Store, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(f => f.Length)!.FullName;
        byte[] content = await File.ReadAllBytesAsync(largest);
        content.AsSpan(content.Length / 3, content.Length / 6).Clear();
        await File.WriteAllBytesAsync(largest, content);
        string target = Path.Combine(_machine, "damaged");

        ProcessResult result = await TryRescueAsync("files", "latest", "volume/data", "--target", target, "--keep-privileges", "--output", "json");

        Assert.Equal(6, result.ExitCode);
        JsonElement report = JsonDocument.Parse(result.StandardOutput).RootElement;
        long failed = report.GetProperty("failed").GetInt64();
        Assert.InRange(failed, 1, report.GetProperty("entriesRestored").GetInt64());
        Assert.Contains(report.GetProperty("items").EnumerateArray(), i => i.GetProperty("reason").GetString()!.Contains("packs/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("recovery.key.pub", 2)]
    [InlineData("missing.key", 3)]
    public async Task WrongKey_OpensNothing(string key, int code)
    {
        ProcessResult result = await CliProcess.RunAsync(
            ["rescue", "points", "--store", Store, "--recovery-key", Path.Combine(_machine, key)], NoConfiguration(), CancellationToken.None);

        Assert.Equal(code, result.ExitCode);
        Assert.StartsWith("error: ", result.StandardError, StringComparison.Ordinal);
    }

    private async Task<string> RescueAsync(params string[] arguments)
    {
        ProcessResult result = await TryRescueAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }

    private async Task<string> OnTheStoreAsync(params string[] arguments)
    {
        ProcessResult result = await CliProcess.RunAsync(
            [.. arguments, "--store", Store, "--recovery-key", RecoveryKey], NoConfiguration(), CancellationToken.None);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }

    private Task<ProcessResult> TryRescueAsync(params string[] arguments) => CliProcess.RunAsync(
        ["rescue", .. arguments, "--store", Store, "--recovery-key", RecoveryKey], NoConfiguration(), CancellationToken.None);

    private async Task CliAsync(params string[] arguments)
    {
        ProcessResult result = await CliProcess.RunAsync(arguments, NoConfiguration(), CancellationToken.None);
        Assert.True(result.ExitCode == 0, result.StandardError);
    }

    private Dictionary<string, string?> NoConfiguration() => new() { ["HOME"] = _machine, ["K8SBACKUP_CONFIG"] = null };
}
