using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.PodVolumes;
using K8sBackup.Agent.Volumes;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Kubelet;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.PodVolumes;

public sealed class PodVolumePlaceTests : IAsyncLifetime
{
    private const string Uid = "11111111-2222-3333-4444-555555555555";

    private readonly TemporaryDirectory _directory = new();
    private KubeletTree _kubelet = null!;

    private HostRoot Host => new(Path.Combine(_directory.Path, "host"));

    public Task InitializeAsync()
    {
        _kubelet = new KubeletTree(Path.Combine(_directory.Path, "host/var/lib/kubelet"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Open_EmptyDir_IsFoundByPodAndName()
    {
        File.WriteAllText(Path.Combine(_kubelet.EmptyDir(Uid, "cache"), "f"), "x");

        using OpenVolume volume = Place(new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "cache" }).Open();

        Assert.Equal($"/var/lib/kubelet/pods/{Uid}/volumes/kubernetes.io~empty-dir/cache", volume.NodePath);
    }

    [Fact]
    public async Task Open_Csi_NeedsMountDriverAndHandle()
    {
        string mount = _kubelet.UnmountedCsi(Uid, "pvc-1", "csi.example", "vol-7");
        PodVolume volume = Csi("csi.example", "vol-7");

        Assert.Contains("not mounted", Failure(volume, FailureCause.SourceMissing), StringComparison.Ordinal);
        await _kubelet.MountAsync(mount);
        Place(volume).Open().Dispose();
        Assert.Contains("volumeHandle is 'vol-7', not 'vol-8'", Failure(Csi("csi.example", "vol-8"), FailureCause.SourceMissing), StringComparison.Ordinal);
        Assert.Contains("driverName", Failure(Csi("csi.other", "vol-7"), FailureCause.SourceMissing), StringComparison.Ordinal);
        File.Delete(Path.Combine(Path.GetDirectoryName(mount)!, "vol_data.json"));
        Assert.Contains("cannot be told", Failure(volume, FailureCause.SourceUnreadable), StringComparison.Ordinal);
        await _kubelet.UnmountLazilyAsync(mount);
    }

    [Theory]
    [InlineData(PodVolumeKind.Local, "kubernetes.io/local-volume", "")]
    [InlineData(PodVolumeKind.Nfs, "kubernetes.io/nfs", "")]
    [InlineData(PodVolumeKind.InTree, "kubernetes.io/rbd", "kubernetes.io/rbd")]
    [InlineData(PodVolumeKind.InTree, "example.com/nas", "example.com/nas")]
    public async Task Open_KindsThatAreMounts_NeedOne(PodVolumeKind kind, string plugin, string driver)
    {
        string directory = _kubelet.Volume(Uid, plugin, "pv-1");
        PodVolume volume = new() { Kind = kind, Volume = "data", PersistentVolume = "pv-1", Driver = driver };

        Assert.Contains("not mounted", Failure(volume, FailureCause.SourceMissing), StringComparison.Ordinal);
        // A mount of the same file system, which only the mount's own number tells apart.
        await _kubelet.BindAsync(Directory.CreateDirectory(Path.Combine(_directory.Path, "disk")).FullName, directory);
        Place(volume).Open().Dispose();
    }

    [Fact]
    public async Task Open_NfsVolume_NeedsItsOwnExport()
    {
        await _kubelet.MountAsync(_kubelet.Volume(Uid, "kubernetes.io/nfs", "pv-1"));
        PodVolume volume = new() { Kind = PodVolumeKind.Nfs, Volume = "data", PersistentVolume = "pv-1", Handle = "filer:/export" };

        Assert.Contains("of type tmpfs is mounted, and no NFS", Failure(volume, FailureCause.SourceMissing), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nfs4", "filer:/export", null)]
    [InlineData("nfs", "Filer:/export/", null)]
    [InlineData("nfs4", "[fd00::1]:/export", "[fd00::1]:/export is mounted, and not filer:/export")]
    [InlineData("nfs4", "filer:/export/other", "filer:/export/other is mounted, and not filer:/export")]
    [InlineData("nfs4", "filer2:/export", "filer2:/export is mounted, and not filer:/export")]
    [InlineData("ext4", "/dev/sdb", "a file system of type ext4 is mounted, and no NFS")]
    public void Fault_OfAMount_SaysWhatIsThereInstead(string type, string source, string? fault)
    {
        string[] table =
        [
            "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            $"213 21 0:55 / /var/lib/kubelet/pods/x/volumes/kubernetes.io~nfs/pv-1 rw,relatime shared:99 master:3 - {type} {source} rw,vers=4.2",
        ];

        Assert.Equal(fault, NfsExport.Fault(MountTable.Find(table, 213, null), "filer:/export"));
        Assert.Equal(fault, NfsExport.Fault(MountTable.Find(table, 9, "/var/lib/kubelet/pods/x/volumes/kubernetes.io~nfs/pv-1"), "filer:/export"));
        Assert.Equal("what is mounted cannot be told", NfsExport.Fault(MountTable.Find(table, 9, "/elsewhere"), "filer:/export"));
    }

    [Fact]
    public void Fault_OfAnAddress_IsOneOfTheSameExportOnly()
    {
        Assert.Null(NfsExport.Fault(("nfs4", "fd00::1:/a b"), "[fd00::1]:/a b/"));
        Assert.Equal(("nfs4", "filer:/a b"), MountTable.Find(["5 1 0:3 / /mnt rw - nfs4 filer:/a\\040b rw"], 5, null));
    }

    [Fact]
    public async Task Open_MemoryVolume_NeedsAMount()
    {
        string directory = _kubelet.EmptyDir(Uid, "fast");
        PodVolume volume = new() { Kind = PodVolumeKind.Memory, Volume = "fast" };
        Failure(volume, FailureCause.SourceMissing);

        await _kubelet.MountAsync(directory);

        Place(volume).Open().Dispose();
    }

    [Fact]
    public async Task Open_InTreeVolumeServedByADriver_IsFoundThere()
    {
        await _kubelet.CsiAsync(Uid, "pv-9", "ebs.csi.aws.com", "vol-0");
        using OpenVolume volume = Place(new PodVolume { Kind = PodVolumeKind.InTree, Volume = "d", PersistentVolume = "pv-9", Driver = "kubernetes.io/aws-ebs" }).Open();
        Assert.EndsWith("kubernetes.io~csi/pv-9/mount", volume.NodePath, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PodVolumeKind.Secret)]
    [InlineData(PodVolumeKind.Projected)]
    [InlineData(PodVolumeKind.ConfigMap)]
    [InlineData(PodVolumeKind.DownwardApi)]
    [InlineData(PodVolumeKind.Image)]
    public void Place_KindsThatAreNeverRead_AreRefused(PodVolumeKind kind)
    {
        _kubelet.Volume(Uid, "kubernetes.io/secret", "token");
        Failure(new PodVolume { Kind = kind, Volume = "token" }, FailureCause.PermissionDenied);
        Failure(new PodVolume { Kind = PodVolumeKind.Csi, Volume = "v", Driver = "secrets-store.csi.k8s.io" }, FailureCause.PermissionDenied);
    }

    [Theory]
    [InlineData("..", "v")]
    [InlineData("a/b", "v")]
    [InlineData("", "v")]
    [InlineData(Uid, "..")]
    [InlineData(Uid, "../../../../../etc")]
    [InlineData(Uid, "")]
    public void Place_NamesThatLeadElsewhere_AreRefused(string pod, string name) =>
        Assert.Equal(FailureCause.InvalidRequest, Assert.Throws<BackupException>(() => Place(new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = name }, pod)).Failure.Cause);

    [Fact]
    public void Open_LinkInPlaceOfADirectory_IsNotFollowed()
    {
        string directory = _kubelet.EmptyDir(Uid, "v");
        Directory.Delete(directory);
        File.CreateSymbolicLink(directory, "/etc");

        Assert.Contains("link", Failure(new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "v" }, FailureCause.SourceUnreadable), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PodThatIsNotThere_SaysWhereItLooked() => Assert.Contains(
        "/var/lib/kubelet", Failure(new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "v" }, FailureCause.SourceMissing), StringComparison.Ordinal);

    [Fact]
    public void Open_StaticPod_IsFoundByItsDirectory()
    {
        _kubelet.EmptyDir("0123456789abcdef", "v");
        PodVolumeOptions options = new() { Volume = new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "v", PodUid = Uid }, PodDirectory = "0123456789abcdef" };
        new PodVolumePlace(Host, new KubeletRoots(Host, ""), options).Open().Dispose();
    }

    [Theory]
    [InlineData("/srv/allowed", null)]
    [InlineData("/srv/other", FailureCause.PermissionDenied)]
    [InlineData("/srv/allowed/none", FailureCause.SourceMissing)]
    [InlineData("/srv/allowed/file", FailureCause.SourceMissing)]
    [InlineData("/srv/allowed/out", FailureCause.SourceUnreadable)]
    public void Open_HostPath_OnlyBelowAllowedRoots(string path, FailureCause? cause)
    {
        string allowed = Directory.CreateDirectory(Path.Combine(_directory.Path, "host/srv/allowed")).FullName;
        Directory.CreateDirectory(Path.Combine(_directory.Path, "host/srv/other"));
        File.WriteAllText(Path.Combine(allowed, "file"), "");
        File.CreateSymbolicLink(Path.Combine(allowed, "out"), "/etc");

        Assert.Equal(cause, CauseOf(() => HostPath(path, "/srv/allowed").Open().Dispose()));
    }

    [Theory]
    [InlineData("/var/lib")]
    [InlineData("/var/lib/kubelet")]
    [InlineData("/var/lib/kubelet/pods/x")]
    [InlineData("/link")]
    public void Open_HostPathAroundTheKubelet_IsRefused(string path)
    {
        Directory.CreateDirectory(Path.Combine(_kubelet.Root, "pods/x"));
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "host/link"), "/var/lib");
        Assert.Equal(FailureCause.PermissionDenied, CauseOf(() => HostPath(path, "/").Open().Dispose()));
    }

    private static PodVolume Csi(string driver, string handle) =>
        new() { Kind = PodVolumeKind.Csi, Volume = "data", PersistentVolume = "pvc-1", Driver = driver, Handle = handle };

    private static FailureCause? CauseOf(Action action) => (Record.Exception(action) as BackupException)?.Failure.Cause;

    private HostPathPlace HostPath(string path, string root) => new(Host, new AllowedRoots(Host, [root]), new KubeletRoots(Host, ""), path);

    private PodVolumePlace Place(PodVolume volume, string pod = Uid)
    {
        PodVolume named = volume.Clone();
        named.PodUid = pod;
        return new PodVolumePlace(Host, new KubeletRoots(Host, ""), new PodVolumeOptions { Volume = named });
    }

    private string Failure(PodVolume volume, FailureCause cause)
    {
        BackupException e = Assert.Throws<BackupException>(() => Place(volume).Open().Dispose());
        Assert.Equal(cause, e.Failure.Cause);
        return e.Failure.Message;
    }
}
