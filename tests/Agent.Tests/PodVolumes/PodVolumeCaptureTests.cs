using System.Security.Cryptography;
using System.Text;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.PodVolumes;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes;
using K8sBackup.Model.Files;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Kubelet;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using EntryState = K8sBackup.Model.Trees.EntryState;

namespace K8sBackup.Agent.Tests.PodVolumes;

public sealed class PodVolumeCaptureTests : IAsyncLifetime
{
    private const string Uid = "11111111-2222-3333-4444-555555555555";

    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;
    private KubeletTree _kubelet = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        _kubelet = new KubeletTree(Path.Combine(_directory.Path, "host/var/lib/kubelet"));
    }

    public async Task DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Capture_CsiVolume_TakesItsFiles()
    {
        string mount = await _kubelet.CsiAsync(Uid, "pvc-1", "csi.example", "vol-7");
        await File.WriteAllTextAsync(Path.Combine(mount, "f"), "kept");

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync(Csi());

        Assert.Equal(Outcome.Completed, finish.Outcome);
        Assert.Equal($"/var/lib/kubelet/pods/{Uid}/volumes/kubernetes.io~csi/pvc-1/mount", finish.SourcePath);
        Assert.Equal(["", "f"], entries.Select(e => Encoding.UTF8.GetString(e.Path)));
    }

    [Fact]
    public async Task Capture_NotMounted_FailsBeforeAnyUpload()
    {
        _kubelet.UnmountedCsi(Uid, "pvc-1", "csi.example", "vol-7");

        WorkResult result = await ResultAsync(Csi(), _ => { });

        Assert.Equal("SourceMissing", result.Failure?.Cause);
        Assert.Equal(0, _coordinator.Upload.Attempts);
    }

    [Fact]
    public async Task Capture_VolumeUnmountedWhileRead_FailsAndIsNoEmptySuccess()
    {
        string mount = await _kubelet.CsiAsync(Uid, "pvc-1", "csi.example", "vol-7");
        await File.WriteAllTextAsync(Path.Combine(mount, "f"), "x");
        PodVolume volume = Csi();

        WorkResult result = await ResultAsync(volume, services => services.AddSingleton(provider => new BackupSources(
            new Dictionary<Transport.V1.SourceKind, Func<BackupTask, IBackupSource>>
            {
                [Transport.V1.SourceKind.Volume] = task => new VolumeSource(
                    task,
                    new VanishingPlace(
                        new PodVolumePlace(provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<KubeletRoots>(), task.Volume.PodVolume),
                        () => _kubelet.UnmountLazilyAsync(mount).GetAwaiter().GetResult()),
                    provider.GetRequiredService<TreeSource>(),
                    provider.GetRequiredService<SourcePlaces>()),
            })));

        Assert.Equal("SourceMissing", result.Failure?.Cause);
        Assert.Contains("went away while it was read", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(_coordinator.Upload.Finished);
    }

    [Fact]
    public async Task Capture_PodRemovedWhileRead_Fails()
    {
        string directory = _kubelet.EmptyDir(Uid, "cache");
        await File.WriteAllTextAsync(Path.Combine(directory, "f"), "x");

        WorkResult result = await ResultAsync(new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "cache" }, services => services.AddSingleton(provider => new BackupSources(
            new Dictionary<Transport.V1.SourceKind, Func<BackupTask, IBackupSource>>
            {
                [Transport.V1.SourceKind.Volume] = task => new VolumeSource(
                    task,
                    new VanishingPlace(
                        new PodVolumePlace(provider.GetRequiredService<HostRoot>(), provider.GetRequiredService<KubeletRoots>(), task.Volume.PodVolume),
                        () => Directory.Delete(_kubelet.Pod(Uid), recursive: true)),
                    provider.GetRequiredService<TreeSource>(),
                    provider.GetRequiredService<SourcePlaces>()),
            })));

        Assert.Equal("SourceMissing", result.Failure?.Cause);
        Assert.Empty(_coordinator.Upload.Finished);
    }

    [Fact]
    public async Task Capture_BlockVolume_IsOneFileWithHolesForZeros()
    {
        byte[] noise = RandomNumberGenerator.GetBytes(1_500_000);
        string device = await DeviceAsync(64 << 20, noise);
        await _kubelet.CsiDeviceAsync(Uid, "pvc-1", "csi.example", "vol-7", device);

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync(Block(PodVolumeKind.Csi, "csi.example", "vol-7"));

        TreeEntry file = entries[1];
        Assert.Equal(("device.img", 64L << 20, EntryState.Captured), (Encoding.UTF8.GetString(file.Path), file.Size, file.State));
        Assert.Equal(Outcome.Completed, finish.Outcome);
        Assert.True(finish.Counts.SentBytes < 8 << 20, $"{finish.Counts.SentBytes} bytes were sent");
        byte[] content = await ContentAsync(file);
        Assert.Equal(noise, content[(32 << 20)..((32 << 20) + noise.Length)]);
        Assert.False(content.AsSpan(0, 32 << 20).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task Capture_BlockVolumeOfAnotherPlugin_IsFoundByItsLink()
    {
        string device = await DeviceAsync(1 << 20, [1, 2, 3]);
        // As the node sees it: a device node below its own /dev.
        Directory.CreateDirectory(Path.Combine(_directory.Path, "host/dev"));
        await File.WriteAllBytesAsync(Path.Combine(_directory.Path, "host", device.TrimStart('/')), []);
        await _kubelet.BindAsync(device, Path.Combine(_directory.Path, "host", device.TrimStart('/')));
        _kubelet.LinkDevice(Uid, "kubernetes.io/local-volume", "pvc-1", device);

        (_, List<TreeEntry> entries) = await BackUpAsync(Block(PodVolumeKind.Local, "", ""));

        Assert.Equal([1, 2, 3], (await ContentAsync(entries[1]))[(512 << 10)..((512 << 10) + 3)]);
    }

    [Theory]
    [InlineData("/etc/passwd", "SourceUnreadable")]
    [InlineData("/dev/../etc/passwd", "SourceUnreadable")]
    [InlineData("/dev/null-of-nobody", "SourceMissing")]
    public async Task Capture_BlockLinkThatLeadsElsewhere_IsRefused(string target, string cause)
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "host/dev"));
        _kubelet.LinkDevice(Uid, "kubernetes.io/local-volume", "pvc-1", target);

        WorkResult result = await ResultAsync(Block(PodVolumeKind.Local, "", ""), _ => { });

        Assert.Equal(cause, result.Failure?.Cause);
    }

    [Fact]
    public async Task HasChanged_DeviceWrittenToWhileRead_IsTold()
    {
        string device = await DeviceAsync(1 << 20, [1]);
        await _kubelet.CsiDeviceAsync(Uid, "pvc-1", "csi.example", "vol-7", device);
        HostRoot host = new(Path.Combine(_directory.Path, "host"));
        PodVolumeOptions options = new() { Volume = Block(PodVolumeKind.Csi, "csi.example", "vol-7") };
        options.Volume.PodUid = Uid;
        using FileTree.Reading.FileReader reader = new BlockVolume(host, new KubeletRoots(host, ""), options).Open(out _);
        Assert.False(reader.HasChanged());

        using (FileStream writer = new(device, FileMode.Open, FileAccess.Write))
        {
            writer.Write(new byte[4096]);
            DiskSync.Sync(writer);
        }

        Assert.True(reader.HasChanged());
    }

    private static PodVolume Csi() => new() { Kind = PodVolumeKind.Csi, Volume = "data", PersistentVolume = "pvc-1", Driver = "csi.example", Handle = "vol-7" };

    private static PodVolume Block(PodVolumeKind kind, string driver, string handle) =>
        new() { Kind = kind, Volume = "disk", PersistentVolume = "pvc-1", Driver = driver, Handle = handle, Block = true };

    private async Task<string> DeviceAsync(int size, byte[] middle)
    {
        string image = Path.Combine(_directory.Path, "image");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(size);
            file.Position = size / 2;
            file.Write(middle);
        }

        return await _kubelet.DeviceAsync(image);
    }

    private async Task<(Finish Finish, List<TreeEntry> Entries)> BackUpAsync(PodVolume volume)
    {
        WorkResult result = await ResultAsync(volume, _ => { });
        Assert.True(result.Backup is not null, $"{result}");
        Finish finish = _coordinator.Upload.Finished.Last();
        return (finish, await new TreeReader(_coordinator.Upload, new ChunkId(finish.Root.Span)).WalkAsync(CancellationToken.None).ToListAsync());
    }

    private async Task<WorkResult> ResultAsync(PodVolume volume, Action<IServiceCollection> configure)
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path), configure);
        FakeSession session = await _coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup(path: "");
        work.Backup.Volume.PodVolume = new PodVolumeOptions { Volume = volume };
        volume.PodUid = Uid;
        await session.SendAsync(work);
        return await session.ResultAsync();
    }

    private async Task<byte[]> ContentAsync(TreeEntry entry)
    {
        byte[] bytes = new byte[entry.Size];
        await foreach (Extent extent in new FileContentReader(_coordinator.Upload).ExtentsAsync(entry.Content, entry.Size, CancellationToken.None))
        {
            ReadOnlyMemory<byte> chunk = await _coordinator.Upload.ReadAsync(extent.Chunk, CancellationToken.None);
            chunk.Slice(extent.ChunkOffset, extent.Length).CopyTo(bytes.AsMemory((int)extent.FileOffset));
        }

        return bytes;
    }
}
