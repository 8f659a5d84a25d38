using System.Text;
using System.Text.Json;
using K8sBackup.Demo.ControlPlane;
using K8sBackup.Demo.Etcd;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>One backup of everything; every test restores another part of it.</summary>
public sealed class RoundTripTests : IClassFixture<RoundTripFixture>
{
    private const int DifferencesShown = 10;

    private readonly RoundTripFixture _backup;

    public RoundTripTests(RoundTripFixture backup) => _backup = backup;

    private ClusterFixture Fixture => _backup.Fixture;

    [Fact]
    public async Task Volume_WipedAndRestored_IsTheSame()
    {
        RawTree.Empty(Fixture.Layout.Volume, andItself: false);

        await RestoreAsync("files", "latest", "volume/data");

        AssertSame(_backup.Volume, TreeFacts.Read(Fixture.Layout.Volume));
        await Fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_RestoredElsewhere_ChangesNothingElse()
    {
        string node = Fixture.Layout.HostRootOf(ClusterFixture.WorkerNode);
        TreeFacts before = TreeFacts.Read(node);

        await RestoreAsync("files", "latest", "volume/data", "--target", "/srv/recovered", "--keep-privileges");

        AssertSame(_backup.Volume, TreeFacts.Read(Path.Combine(node, "srv/recovered")));
        RawTree.Empty(Path.Combine(node, "srv"), andItself: true);
        IEnumerable<string> changed = before.DifferencesTo(TreeFacts.Read(node), int.MaxValue).Where(d => d[0] != '.' && !d.StartsWith("srv", StringComparison.Ordinal));
        Assert.Empty(changed);
    }

    [Fact]
    public async Task Volume_ChosenPath_RestoresThatAlone()
    {
        await RestoreAsync("files", "latest", "volume/data", "--path", "odd", "--target", "/srv/recovered/part");

        string target = Path.Combine(Fixture.Layout.HostRootOf(ClusterFixture.WorkerNode), "srv/recovered/part");
        Assert.Equal(["odd"], Directory.GetFileSystemEntries(target).Select(Path.GetFileName));
        AssertSame(TreeFacts.Read(Path.Combine(Fixture.Layout.Volume, "odd")), TreeFacts.Read(Path.Combine(target, "odd")));
        RawTree.Empty(target, andItself: true);
    }

    [Fact]
    public async Task Volume_Conflicts_AreSettledAsAsked()
    {
        string file = Path.Combine(Fixture.Layout.Volume, "d05", "file-0005.dat");
        byte[] original = await File.ReadAllBytesAsync(file);
        await File.WriteAllTextAsync(file, "newer");

        await RestoreAsync("files", "latest", "volume/data", "--path", "d05/file-0005.dat", "--conflicts", "skip");
        string skipped = await File.ReadAllTextAsync(file);
        await RestoreAsync("files", "latest", "volume/data", "--path", "d05/file-0005.dat", "--conflicts", "rename");
        string[] renamed = Directory.GetFiles(Path.GetDirectoryName(file)!, "*file-0005.dat*");
        byte[] restored = await File.ReadAllBytesAsync(file);

        Assert.Equal("newer", skipped);
        Assert.Equal(original, restored);
        Assert.Equal(2, renamed.Length);
        Assert.Contains(renamed, path => File.ReadAllText(path) == "newer");
        File.Delete(renamed.Single(path => path != file));
    }

    [Fact]
    public async Task Volume_Downloaded_GnuTarUnpacksTheSame()
    {
        string archive = Path.Combine(Fixture.Folder, "volume.tar");
        string target = Directory.CreateDirectory(Path.Combine(Fixture.Folder, "unpacked")).FullName;

        await Fixture.Cluster.CliAsync("download", "latest", "volume/data", "-o", archive, "--force");
        ProcessResult tar = await ChildProcess.RunAsync(
            "tar", ["--xattrs", "--xattrs-include=*", "--same-owner", "--numeric-owner", "-xpf", archive, "-C", target], TimeSpan.FromMinutes(1));

        Assert.True(tar.ExitCode == 0, tar.StandardError);
        AssertSame(_backup.Volume, TreeFacts.Read(target));
    }

    [Fact]
    public async Task ControlPlane_RestoredElsewhere_HasEveryFile()
    {
        await RestoreAsync("control-plane", "latest", "--node", ClusterFixture.ControlPlaneNode, "--target", "/srv/recovered");

        HostRoot host = Fixture.Host!;
        string recovered = Path.Combine(host.Root, "srv/recovered");
        AssertSame(_backup.Kubernetes, TreeFacts.Read(Path.Combine(recovered, "etc/kubernetes")));
        foreach (string file in (string[])["var/lib/kubelet/config.yaml", "var/lib/kubelet/kubeadm-flags.env"])
        {
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(host.Root, file)), await File.ReadAllTextAsync(Path.Combine(recovered, file)));
        }

        Assert.False(Path.Exists(Path.Combine(recovered, "var/lib/etcd/member")));
    }

    [Fact]
    public async Task Etcd_WipedAndRestored_HasEveryKeyAtANewRevision()
    {
        EtcdProcess etcd = Fixture.Etcd!;
        await etcd.StopAsync();
        Directory.Delete(Path.Combine(Fixture.Host!.EtcdData, "member"), recursive: true);

        await RestoreAsync("etcd-data", "latest", "--yes-i-mean", ClusterFixture.ControlPlaneNode);
        await etcd.StartAsync(CancellationToken.None);

        using EtcdGateway gateway = etcd.Connect();
        EtcdContents after = await gateway.ReadAllAsync(CancellationToken.None);
        Assert.Empty(_backup.Keys.DifferencesTo(after, DifferencesShown));
        Assert.True(after.Revision > _backup.Keys.Revision);
        Assert.True(await gateway.IsCompactedAsync(_backup.Keys.Revision, CancellationToken.None));
    }

    [Fact]
    public async Task Etcd_StillRunning_IsRefusedAndLeftAlone()
    {
        ProcessResult result = await Fixture.Cluster.TryCliAsync(
            "restore", "etcd-data", "latest", "--yes-i-mean", ClusterFixture.ControlPlaneNode, "--watch", "--output", "json");

        Assert.Equal(7, result.ExitCode);
        Assert.Contains("TargetInUse", result.StandardOutput, StringComparison.Ordinal);
        using EtcdGateway gateway = Fixture.Etcd!.Connect();
        Assert.True(await gateway.IsHealthyAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Etcd_OnAWorker_IsRefused()
    {
        ProcessResult result = await Fixture.Cluster.TryCliAsync(
            "restore", "etcd-data", "latest", "--node", ClusterFixture.WorkerNode, "--yes-i-mean", ClusterFixture.WorkerNode, "--watch", "false");

        Assert.Equal(4, result.ExitCode);
    }

    [Fact]
    public async Task Files_TargetOutsideTheAllowedRoots_IsRefused()
    {
        string node = Fixture.Layout.HostRootOf(ClusterFixture.WorkerNode);

        ProcessResult result = await Fixture.Cluster.TryCliAsync(
            "restore", "files", "latest", "volume/data", "--target", "/etc/not-allowed", "--watch", "--output", "json");

        Assert.Equal(7, result.ExitCode);
        Assert.Contains("PermissionDenied", result.StandardOutput, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(node, "etc")));
    }

    [Fact]
    public async Task Files_LinkInTheTarget_IsNotFollowed()
    {
        string node = Fixture.Layout.HostRootOf(ClusterFixture.WorkerNode);
        string outside = Directory.CreateDirectory(Path.Combine(Fixture.Folder, "outside")).FullName;
        string target = Directory.CreateDirectory(Path.Combine(node, "srv/recovered/linked")).FullName;
        File.CreateSymbolicLink(Path.Combine(target, "odd"), outside);

        await Fixture.Cluster.TryCliAsync(
            "restore", "files", "latest", "volume/data", "--path", "odd", "--target", "/srv/recovered/linked", "--conflicts", "overwrite", "--watch");

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        RawTree.Empty(target, andItself: true);
    }

    [Theory]
    [InlineData(SampleKeys.Canary)]
    [InlineData(HostRoot.EncryptionSecret)]
    public async Task Secrets_AreFoundNowhereInTheClear(string secret)
    {
        await Fixture.Cluster.CliAsync("point", "show", "latest");
        byte[] needle = Encoding.UTF8.GetBytes(secret);
        string[] places = [Fixture.Cluster.Store, Fixture.Cluster.State, Path.Combine(Fixture.Folder, "agents")];

        string[] found = [.. places.SelectMany(p => Directory.EnumerateFiles(p, "*", SearchOption.AllDirectories)).Where(f => Contains(f, needle))];

        Assert.Empty(found);
        Assert.DoesNotContain(secret, Fixture.Cluster.CoordinatorOutput + Fixture.ControlPlaneAgent!.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Point_Shown_CarriesTheEvidence()
    {
        JsonElement point = await Fixture.Cluster.CliJsonAsync("point", "show", "latest");

        JsonElement etcd = point.GetProperty("snapshots").EnumerateArray()
            .Single(s => s.GetProperty("source").GetString()!.StartsWith("etcd/", StringComparison.Ordinal))
            .GetProperty("etcd");
        Assert.Equal(_backup.Keys.Revision, etcd.GetProperty("revision").GetInt64());
        Assert.Equal(_backup.Keys.Keys.Count, etcd.GetProperty("keys").GetInt64());
        Assert.NotEmpty(etcd.GetProperty("verified").EnumerateArray());
    }

    [Fact]
    public async Task Ls_WholeVolume_ListsEveryObject()
    {
        JsonElement files = await Fixture.Cluster.CliJsonAsync("ls", "latest", "volume/data", "-R");

        string[] listed = [.. files.EnumerateArray().Where(f => f.GetProperty("kind").GetString() != "Socket")
            .Select(f => f.GetProperty("path").GetString()!).Where(p => p.Length > 0).Order(StringComparer.Ordinal)];
        Assert.Equal(_backup.Volume.Lines.Keys.Where(p => p.Length > 0), listed);
    }

    [Fact]
    public async Task EtcdSnapshot_LookedIntoThroughTheCoordinator_HasEveryKeyAndShowsNoSecret()
    {
        ProcessResult result = await Fixture.Cluster.TryCliAsync(["etcd", "ls", "latest", "--decrypt", "--output", "json"]);
        string secret = _backup.Keys.Keys.Keys.First(key => key.StartsWith("/registry/secrets/", StringComparison.Ordinal));
        ProcessResult shown = await Fixture.Cluster.TryCliAsync(["etcd", "get", "latest", secret]);
        ProcessResult asked = await Fixture.Cluster.TryCliAsync(["etcd", "get", "latest", secret, "--show-secrets"]);

        Assert.True(result.ExitCode == 0, result.StandardError);
        Assert.Equal(
            _backup.Keys.Keys.Keys.Order(StringComparer.Ordinal),
            JsonDocument.Parse(result.StandardOutput).RootElement.EnumerateArray().Select(o => o.GetProperty("key").GetString()));
        Assert.DoesNotContain(SampleKeys.Canary, result.StandardOutput + shown.StandardOutput, StringComparison.Ordinal);
        Assert.Contains(SampleKeys.Canary, asked.StandardOutput, StringComparison.Ordinal);
    }

    private static bool Contains(string file, byte[] needle) => File.ReadAllBytes(file).AsSpan().IndexOf(needle) >= 0;

    private static void AssertSame(TreeFacts expected, TreeFacts actual) => Assert.Empty(expected.DifferencesTo(actual, DifferencesShown));

    private async Task RestoreAsync(params string[] arguments)
    {
        ProcessResult result = await Fixture.Cluster.TryCliAsync(["restore", .. arguments, "--watch"]);
        Assert.True(
            result.ExitCode == 0,
            $"exit code {result.ExitCode}: {result.StandardError}{result.StandardOutput}\n{Fixture.WorkerAgent?.Output}\n{Fixture.ControlPlaneAgent?.Output}");
    }
}
