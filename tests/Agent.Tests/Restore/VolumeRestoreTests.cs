using System.Text;
using Google.Protobuf;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Kubelet;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;
using ConflictPolicy = K8sBackup.Transport.V1.ConflictPolicy;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.Tests.Restore;

/// <summary>Files into volumes of pods, in a kubelet's directory with real mounts.</summary>
public sealed class VolumeRestoreTests : IAsyncLifetime
{
    private const string Uid = "11111111-2222-3333-4444-555555555555";
    private const UnixFileMode SetUid = UnixFileMode.SetUser | UnixFileMode.UserRead | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;
    private KubeletTree _kubelet = null!;

    private string Host => Path.Combine(_directory.Path, "host");

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        _kubelet = new KubeletTree(Path.Combine(Host, "var/lib/kubelet"));
        Offer(("", null), ("sub", null), ("sub/a", "first"), ("z", "second"));
    }

    public async Task DisposeAsync()
    {
        await _kubelet.DisposeAsync();
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restore_CsiVolume_WritesIntoItsMount_AndPrivilegesGoToItsOwnOnly(bool isOwn)
    {
        string mount = await _kubelet.CsiAsync(Uid, "pvc-1", "csi.example", "vol-7");
        _coordinator.Download.Items.Single(item => item.Entry?.Path.ToStringUtf8() == "z").Entry.Mode = (uint)SetUid;
        Work work = Into(Csi());
        work.Restore.IntoVolume.Own = isOwn;

        RestoreReport report = (await RunAsync(work)).Restore;

        Assert.Equal((4L, 0L), (report.EntriesRestored, report.Failed));
        Assert.Equal("first", await File.ReadAllTextAsync(Path.Combine(mount, "sub/a")));
        Assert.Equal(isOwn ? SetUid : SetUid & ~UnixFileMode.SetUser, File.GetUnixFileMode(Path.Combine(mount, "z")));
        Assert.Contains($"/var/lib/kubelet/pods/{Uid}/volumes/kubernetes.io~csi/pvc-1/mount", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip, "mine", "sub extra z")]
    [InlineData(ConflictPolicy.Overwrite, "second", "sub extra z")]
    [InlineData(ConflictPolicy.Rename, "second", "sub extra z z.kb-old")]
    [InlineData(ConflictPolicy.Mirror, "second", "sub z")]
    public async Task Restore_EveryPolicy_HoldsInALiveVolume(ConflictPolicy policy, string content, string names)
    {
        string volume = _kubelet.EmptyDir(Uid, "data");
        await File.WriteAllTextAsync(Path.Combine(volume, "z"), "mine");
        await File.WriteAllTextAsync(Path.Combine(volume, "extra"), "x");
        Work work = Into(Scratch());
        work.Restore.IntoVolume.Files.Conflicts = policy;

        Assert.NotNull((await RunAsync(work)).Restore);

        Assert.Equal(content, await File.ReadAllTextAsync(Path.Combine(volume, "z")));
        string[] expected = names.Split(' ');
        string[] there = [.. Directory.GetFileSystemEntries(volume).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(expected.Length, there.Length);
        Assert.All(expected.Where(name => !name.Contains(".kb", StringComparison.Ordinal)), name => Assert.Contains(name, there));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restore_RootOfTheVolume_KeepsItsMetadataUnlessItIsRestoredWhole(bool isWhole)
    {
        string volume = _kubelet.EmptyDir(Uid, "data");
        File.SetUnixFileMode(volume, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Work work = Into(Scratch());
        work.Restore.IntoVolume.RootMetadata = isWhole;
        work.Restore.IntoVolume.Files.Conflicts = ConflictPolicy.Overwrite;

        await RunAsync(work);

        Assert.Equal(isWhole, File.GetUnixFileMode(volume).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public async Task Preview_LiveVolume_SaysWhatWouldChangeAndChangesNothing()
    {
        string volume = _kubelet.EmptyDir(Uid, "data");
        await File.WriteAllTextAsync(Path.Combine(volume, "z"), "mine");
        Work work = Into(Scratch());
        work.Restore.IntoVolume.Preview = true;
        work.Restore.IntoVolume.Files.Conflicts = ConflictPolicy.Overwrite;

        RestorePreview preview = (await RunAsync(work)).Restore.Preview;

        Assert.Equal((2L, 1L, 0L), (preview.Create, preview.Replace, preview.Delete));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(volume, "z")));
        Assert.Single(Directory.GetFileSystemEntries(volume));
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "unmounted", "TargetUnusable", "not mounted" },
        { "another", "TargetUnusable", "volumeHandle is 'vol-7', not 'vol-8'" },
        { "gone", "TargetUnusable", "The pod is not on the node, or not any more" },
        { "read-only", "TargetUnusable", "mounted read-only" },
        { "link", "TargetUnusable", "No link is followed" },
        { "secret", "PermissionDenied", "it shows Secrets" },
        { "projected", "PermissionDenied", "it shows Secrets" },
        { "block", "TargetUnusable", "raw block volume" },
        { "elsewhere", "InvalidRequest", "which volume of which pod" },
        { "directory", "InvalidRequest", "a volume of a pod and a directory" },
        { "nothing", "InvalidRequest", "no volume" },
        { "off", "PermissionDenied", "restoreIntoVolumes is off" },
        { "hostPath", "PermissionDenied", "none of the directories this agent may use" },
        { "kubelet", "PermissionDenied", "with the volumes of all pods lies there" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Restore_WhatCannotBe_IsRefusedBeforeAnythingIsFetched(string what, string cause, string reason)
    {
        string scratch = _kubelet.EmptyDir(Uid, "data");
        PodVolume volume = await PrepareAsync(what, scratch);
        Work work = Into(volume);
        work.Restore.IntoVolume.HostPath = what switch { "hostPath" => "/etc", "kubelet" => "/volumes/kubelet", _ => "" };
        work.Restore.IntoVolume.Files.Target = what == "directory" ? "/restores/a" : "";
        work.Restore.IntoVolume.Volume = what == "nothing" ? null : work.Restore.IntoVolume.Volume;

        foreach (bool isPreview in (bool[])[false, true])
        {
            work.WorkId = WorkMessages.NewId();
            work.Restore.IntoVolume.Preview = isPreview;
            WorkResult result = await RunAsync(work, isAllowed: what != "off");
            Assert.Equal(cause, result.Failure?.Cause);
            Assert.Contains(reason, result.Failure!.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, _coordinator.Download.Fetches);
        Assert.True(what == "link" || Directory.GetFileSystemEntries(scratch).Length == 0);
    }

    [Theory]
    [InlineData("/var/lib/kubelet/pods/x", false)]
    [InlineData("/volumes/link/pods/x", false)]
    [InlineData("/volumes/x", true)]
    public async Task Restore_ByPathWhereVolumesAreOff_LeadsToNone(string target, bool isElsewhere)
    {
        _kubelet.Pod("x");
        File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(Host, "volumes")).FullName, "link"), "/var/lib/kubelet");
        Work work = Into(Scratch());
        work.Restore.Files = new RestoreFilesOptions { Target = target, Conflicts = ConflictPolicy.Skip };

        WorkResult result = await RunAsync(work, isAllowed: false);

        Assert.Equal(isElsewhere ? null : "PermissionDenied", result.Failure?.Cause);
        Assert.Empty(Directory.GetFileSystemEntries(_kubelet.Pod("x")));
    }

    [Fact]
    public async Task Restore_HostPathBelowAVolumeRoot_IsWritten()
    {
        string directory = Directory.CreateDirectory(Path.Combine(Host, "volumes/shared")).FullName;
        Work work = Into(new PodVolume { Kind = PodVolumeKind.HostPath, Volume = "shared" });
        work.Restore.IntoVolume.HostPath = "/volumes/shared";

        Assert.Equal(4, (await RunAsync(work)).Restore.EntriesRestored);
        Assert.Equal("second", await File.ReadAllTextAsync(Path.Combine(directory, "z")));
    }

    [Theory]
    [InlineData("unmounted")]
    [InlineData("deleted")]
    public async Task Restore_VolumeThatGoesAwayMeanwhile_IsNoSuccess(string how)
    {
        bool isMount = how == "unmounted";
        string volume = isMount ? await _kubelet.CsiAsync(Uid, "pvc-1", "csi.example", "vol-7") : _kubelet.EmptyDir(Uid, "data");
        _coordinator.Download.BeforeItem = number =>
        {
            if (number == 4)
            {
                (isMount ? _kubelet.UnmountLazilyAsync(volume) : Task.Run(() => Directory.Delete(_kubelet.Pod(Uid), recursive: true))).GetAwaiter().GetResult();
            }
        };

        WorkResult result = await RunAsync(Into(isMount ? Csi() : Scratch()));

        Assert.Equal("TargetUnusable", result.Failure?.Cause);
        Assert.Contains("went away while it was restored into", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_LinksInTheVolume_LeadNowhere()
    {
        string volume = _kubelet.EmptyDir(Uid, "data");
        string outside = Directory.CreateDirectory(Path.Combine(_directory.Path, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(volume, "sub"), outside);

        await RunAsync(Into(Scratch()));

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Equal("second", await File.ReadAllTextAsync(Path.Combine(volume, "z")));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_KilledHalfWayAndRepeated_EndsAsOneThatWasNot(ConflictPolicy policy)
    {
        string volume = _kubelet.EmptyDir(Uid, "data");
        string other = _kubelet.EmptyDir(Uid, "other");
        foreach (string each in (string[])[volume, other])
        {
            await File.WriteAllTextAsync(Path.Combine(each, "z"), "mine");
            await File.WriteAllTextAsync(Path.Combine(each, "extra"), "x");
        }

        Work work = Into(Scratch());
        work.Restore.IntoVolume.Files.Conflicts = policy;
        // What a killed agent leaves: a directory without its metadata, and half a file under a temporary name.
        using SafeFileHandle root = DirectoryHandles.OpenRoot(volume);
        TreeRestorer killed = new(root, new RestoreOptions { Id = work.WorkId, Conflicts = Policy(policy) });
        foreach (RestoreItem item in _coordinator.Download.Items.Where(item => item.Entry is not null).Take(3))
        {
            await killed.BeginEntryAsync(EntryMapping.ToModel(item.Entry), CancellationToken.None);
            if (item.Entry.Size == 0)
            {
                await killed.EndEntryAsync(CancellationToken.None);
            }
        }

        await killed.WriteAsync(0, "fi"u8.ToArray(), CancellationToken.None);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(volume, "sub")).Length);
        Assert.False(File.Exists(Path.Combine(volume, "sub/a")));

        Assert.NotNull((await RunAsync(work)).Restore);
        Work whole = Into(Scratch("other"));
        whole.WorkId = work.WorkId;
        whole.Restore.IntoVolume.Files.Conflicts = policy;
        Assert.NotNull((await RunAsync(whole, state: "state-2")).Restore);

        Assert.Equal(Describe(other), Describe(volume));
        Assert.Equal("first", await File.ReadAllTextAsync(Path.Combine(volume, "sub/a")));
        GC.KeepAlive(killed);
    }

    private static FileTree.Restoring.ConflictPolicy Policy(ConflictPolicy policy) => policy switch
    {
        ConflictPolicy.Overwrite => FileTree.Restoring.ConflictPolicy.Overwrite,
        ConflictPolicy.Rename => FileTree.Restoring.ConflictPolicy.Rename,
        ConflictPolicy.Mirror => FileTree.Restoring.ConflictPolicy.Mirror,
        _ => FileTree.Restoring.ConflictPolicy.Skip,
    };

    private static string Describe(string directory) => string.Join('\n', Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories)
        .Select(path => $"{Path.GetRelativePath(directory, path)} {File.GetUnixFileMode(path)} {(File.Exists(path) ? File.ReadAllText(path) : "")}").Order(StringComparer.Ordinal));

    private static PodVolume Csi(string handle = "vol-7") =>
        new() { Kind = PodVolumeKind.Csi, Volume = "data", PersistentVolume = "pvc-1", Driver = "csi.example", Handle = handle };

    private static PodVolume Scratch(string name = "data") => new() { Kind = PodVolumeKind.EmptyDir, Volume = name };

    private async Task<PodVolume> PrepareAsync(string what, string scratch)
    {
        switch (what)
        {
            case "unmounted":
                _kubelet.UnmountedCsi(Uid, "pvc-1", "csi.example", "vol-7");
                return Csi();
            case "another":
                await _kubelet.CsiAsync(Uid, "pvc-1", "csi.example", "vol-7");
                return Csi("vol-8");
            case "read-only":
                await _kubelet.BindAsync(scratch, scratch);
                await ChildProcess.RunAsync("mount", ["-o", "remount,bind,ro", scratch], TimeSpan.FromSeconds(60));
                return Scratch();
            case "link":
                Directory.Delete(scratch);
                File.CreateSymbolicLink(scratch, Directory.CreateDirectory(Path.Combine(_directory.Path, "outside")).FullName);
                return Scratch();
            case "kubelet":
                File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(Path.Combine(Host, "volumes")).FullName, "kubelet"), "/var/lib/kubelet");
                return new PodVolume { Kind = PodVolumeKind.HostPath, Volume = "data" };
            default:
                return what switch
                {
                    "gone" => new PodVolume { Kind = PodVolumeKind.EmptyDir, Volume = "data", PodUid = "gone" },
                    "secret" => new PodVolume { Kind = PodVolumeKind.Secret, Volume = "data" },
                    "projected" => new PodVolume { Kind = PodVolumeKind.Projected, Volume = "data" },
                    "block" => new PodVolume { Kind = PodVolumeKind.Local, Volume = "data", PersistentVolume = "pv", Block = true },
                    "elsewhere" => Scratch("../../../../etc"),
                    "hostPath" => new PodVolume { Kind = PodVolumeKind.HostPath, Volume = "data" },
                    _ => Scratch(),
                };
        }
    }

    private static Work Into(PodVolume volume)
    {
        volume.PodUid = volume.PodUid.Length > 0 ? volume.PodUid : Uid;
        return new Work
        {
            WorkId = WorkMessages.NewId(),
            Restore = new RestoreTask
            {
                RestoreId = WorkMessages.NewId(),
                SnapshotId = WorkMessages.NewId(),
                Source = new Transport.V1.SourceKey { Node = "node-7", Kind = Transport.V1.SourceKind.Volume, Name = "pvc.shop.data.01234567" },
                IntoVolume = new RestoreIntoVolume
                {
                    Volume = new PodVolumeOptions { Volume = volume },
                    Files = new RestoreFilesOptions { Conflicts = ConflictPolicy.Skip },
                    RootMetadata = true,
                },
            },
        };
    }

    private void Offer(params (string Path, string? Text)[] entries)
    {
        foreach ((string path, string? text) in entries)
        {
            TreeEntry entry = new()
            {
                Path = Encoding.UTF8.GetBytes(path),
                Kind = text is null ? EntryKind.Directory : EntryKind.File,
                Mode = text is null ? 493 : 420,
                Size = text?.Length ?? 0,
            };
            _coordinator.Download.Items.Add(new RestoreItem { Entry = EntryMapping.ToWire(entry) });
            if (text is not null)
            {
                ByteString bytes = ByteString.CopyFromUtf8(text);
                _coordinator.Download.Items.Add(new RestoreItem
                {
                    Data = new Data { Compression = Compression.None, ChunkLength = bytes.Length, Take = bytes.Length, ChunkId = ByteString.CopyFrom(ChunkId.Of(bytes.Span).ToArray()), Payload = bytes },
                });
            }

            _coordinator.Download.Items.Add(new RestoreItem { End = new EntryEnd() });
        }
    }

    private async Task<WorkResult> RunAsync(Work work, bool isAllowed = true, string state = "state")
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path) with
        {
            RestoreIntoVolumes = isAllowed,
            VolumeRoots = ["/volumes", "/var/lib/kubelet/pods"],
            StateDirectory = Path.Combine(_directory.Path, state),
        });
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(work);
        return await session.ResultAsync();
    }
}
