using System.Text;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;
using EntryKind = K8sBackup.Model.Trees.EntryKind;
using Metadata = K8sBackup.FileTree.Native.Metadata;

namespace K8sBackup.Agent.Tests.Restore;

public sealed class FilesRestoreTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;

    private string Host => Path.Combine(_directory.Path, "host");

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        Offer(Directory(""), Directory("sub"), File("sub/a", "first"), File("z", "second"));
    }

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Restore_ToNewDirectory_MakesItAndWritesEverything()
    {
        WorkResult result = await RunAsync(Restore("/restores/a/b"));

        Assert.True(result.Restore is not null, $"{result}");
        Assert.Equal((4, 0, 11), (result.Restore.EntriesRestored, result.Restore.Failed, result.Restore.BytesRestored));
        Assert.Equal("first", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "restores/a/b/sub/a")));
        Assert.Equal("second", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "restores/a/b/z")));
    }

    [Theory]
    [InlineData(true, FileFlags.NoDump)]
    [InlineData(false, FileFlags.None)]
    public async Task Restore_EntryWithFlags_GetsThemWhenTheTaskSaysSo(bool asked, FileFlags flags)
    {
        (TreeEntry entry, string text) = File("f", "flagged");
        Offer(Directory(""), (entry with { Flags = FileFlags.NoDump }, text));
        Work work = Restore("/restores/a");
        work.Restore.Files.FileFlags = asked;

        Assert.NotNull((await RunAsync(work)).Restore);

        using SafeFileHandle target = DirectoryHandles.OpenRoot(Path.Combine(Host, "restores/a"));
        Assert.Equal(flags, Metadata.Status(target, "f"u8).Flags);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Restore_StreamBreaks_CarriesOnWhereItWas(int items)
    {
        _coordinator.Download.BreakAfterItems.Enqueue(items);

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.True(result.Restore is not null, $"{result}");
        Assert.Equal(4, result.Restore.EntriesRestored);
        Assert.Equal(2, _coordinator.Download.Fetches);
        Assert.Equal("second", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "restores/a/z")));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Restore_StreamBreaksBetweenPartsOfAChunk_ThePartsComeTogether(int items)
    {
        Offer(Directory(""), (File("f", "0123456789").Item1 with { Size = 9 }, ""));
        Data first = OfferedData("0123456789", offset: 0, skip: 1, take: 4);
        Data second = OfferedData("0123456789", offset: 4, skip: 5, take: 5);
        second.Payload = ByteString.Empty;
        _coordinator.Download.Items.InsertRange(3, [new RestoreItem { Data = first }, new RestoreItem { Data = second }]);
        _coordinator.Download.BreakAfterItems.Enqueue(items);

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.Equal((2, 2), (result.Restore.EntriesRestored, _coordinator.Download.Fetches));
        Assert.Equal("123456789", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "restores/a/f")));
    }

    [Fact]
    public async Task Restore_ChunkDamaged_FailsThatEntryAloneAndSaysSo()
    {
        RestoreItem data = _coordinator.Download.Items.First(item => item.Data is not null);
        data.Data.Payload = ByteString.CopyFromUtf8("WRONG");

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.Equal((3, 1), (result.Restore.EntriesRestored, result.Restore.Failed));
        Assert.Equal("sub/a", Assert.Single(result.Restore.Items).Path);
        Assert.False(System.IO.File.Exists(Path.Combine(Host, "restores/a/sub/a")));
        Assert.True(System.IO.File.Exists(Path.Combine(Host, "restores/a/z")));
    }

    [Fact]
    public async Task Restore_ContentLostInTheStore_FailsThatEntryAloneAndSaysWhy()
    {
        int data = _coordinator.Download.Items.FindIndex(item => item.Data is not null);
        _coordinator.Download.Items[data] = new RestoreItem { Loss = new Loss { Reason = "packs/1 is gone" } };

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.Equal((3, 1), (result.Restore.EntriesRestored, result.Restore.Failed));
        ItemOutcome item = Assert.Single(result.Restore.Items);
        Assert.Equal(("sub/a", "packs/1 is gone"), (item.Path, item.Reason));
        Assert.False(System.IO.File.Exists(Path.Combine(Host, "restores/a/sub/a")));
        Assert.Equal("second", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "restores/a/z")));
    }

    [Fact]
    public async Task Restore_PartOfTheTreeLost_CountsItsEntriesAsFailed()
    {
        int end = _coordinator.Download.Items.FindLastIndex(item => item.Entry is not null);
        _coordinator.Download.Items.Insert(end, new RestoreItem
        {
            Loss = new Loss { Reason = "7 entries are lost", IsTree = true, FirstPath = ByteString.CopyFromUtf8("sub/b"), Entries = 7 },
        });

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.Equal((4, 7), (result.Restore.EntriesRestored, result.Restore.Failed));
        Assert.Equal("sub/b", Assert.Single(result.Restore.Items).Path);
    }

    [Fact]
    public async Task Restore_EntryThatLeadsOut_WritesNothingOutside()
    {
        Offer(Directory(""), new TreeEntry { Path = "up"u8.ToArray(), Kind = EntryKind.Symlink, LinkTarget = "../../outside"u8.ToArray(), Mode = 511 }, File("up/evil", "x"));
        System.IO.Directory.CreateDirectory(Path.Combine(Host, "outside"));

        WorkResult result = await RunAsync(Restore("/restores/a"));

        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(Host, "outside")));
        // One that merely cannot be restored is not counted here.
        Assert.Equal(1, result.Restore.Refused);
    }

    [Theory]
    [InlineData("/etc", "PermissionDenied")]
    [InlineData("/restores/../etc", "InvalidRequest")]
    [InlineData("", "InvalidRequest")]
    public async Task Restore_TargetNotAllowed_IsRefusedBeforeAnyFetch(string target, string cause)
    {
        WorkResult result = await RunAsync(Restore(target));

        Assert.Equal(cause, result.Failure?.Cause);
        Assert.Equal(0, _coordinator.Download.Fetches);
    }

    [Fact]
    public async Task Restore_TargetBehindLink_IsRefused()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Host, "restores"));
        System.IO.Directory.CreateSymbolicLink(Path.Combine(Host, "restores", "link"), "/tmp");

        Assert.Equal("TargetUnusable", (await RunAsync(Restore("/restores/link/x"))).Failure?.Cause);
    }

    [Theory]
    [InlineData(StatusCode.PermissionDenied, "PermissionDenied")]
    [InlineData(StatusCode.DataLoss, "StoreCorrupt")]
    public async Task Restore_Refused_FailsWithItsCause(StatusCode status, string cause)
    {
        _coordinator.Download.Refusals.Enqueue(new Status(status, "No."));

        Assert.Equal(cause, (await RunAsync(Restore("/restores/a"))).Failure?.Cause);
    }

    [Fact]
    public async Task Restore_ControlPlaneFilesWithoutTarget_GoesToTheHostRoot()
    {
        Offer(Directory(""), Directory("etc"), Directory("etc/kubernetes"), File("etc/kubernetes/admin.conf", "conf"));
        Work work = Restore("");
        work.Restore.Source = new Transport.V1.SourceKey { Node = AgentHarness.Node, Kind = Transport.V1.SourceKind.ControlPlaneFiles, Name = "node" };

        WorkResult result = await RunAsync(work);

        Assert.True(result.Restore is not null, $"{result}");
        Assert.Equal("conf", await System.IO.File.ReadAllTextAsync(Path.Combine(Host, "etc/kubernetes/admin.conf")));
    }

    [Fact]
    public async Task Preview_TargetThatIsNotThere_SaysWhatItWouldCreateAndMakesNothing()
    {
        Work work = Restore("/restores/a");
        work.Restore.Preview = work.Restore.Files;

        WorkResult result = await RunAsync(work);

        Assert.True(result.Restore?.Preview is not null, $"{result}");
        Assert.Equal((3, 0, 11), (result.Restore.Preview.Create, result.Restore.Preview.Fail, result.Restore.Preview.CreateBytes));
        Assert.Equal(["sub", "sub/a", "z"], result.Restore.Preview.Changes.Select(c => c.Path));
        Assert.False(System.IO.Directory.Exists(Path.Combine(Host, "restores/a")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mirror_PreviewedOrDone_DeletesWhatIsBeyondAndNotWhatTheRulesLeftOut(bool isPreview)
    {
        string target = Path.Combine(Host, "restores/a");
        System.IO.Directory.CreateDirectory(Path.Combine(target, "extra"));
        await System.IO.File.WriteAllTextAsync(Path.Combine(target, "extra/f"), "x");
        await System.IO.File.WriteAllTextAsync(Path.Combine(target, "kept.log"), "x");
        RestoreFilesOptions options = new() { Target = "/restores/a", Conflicts = ConflictPolicy.Mirror, Rules = new ExcludeRules { Patterns = { "*.log" } } };
        Work work = Restore("/restores/a");
        if (isPreview)
        {
            work.Restore.Preview = options;
        }
        else
        {
            work.Restore.Files = options;
        }

        RestoreReport report = (await RunAsync(work)).Restore;

        Assert.Equal(isPreview ? (2, 3, 0) : (0, 0, 2), (report.Preview?.Delete ?? 0, report.Preview?.Create ?? 0, report.EntriesDeleted));
        Assert.Equal(
            isPreview ? ["extra", "kept.log"] : ["kept.log", "sub", "z"],
            System.IO.Directory.GetFileSystemEntries(target).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Mirror_ControlPlaneFiles_AreRefused()
    {
        Work work = Restore("");
        work.Restore.Files.Conflicts = ConflictPolicy.Mirror;
        work.Restore.Source = new Transport.V1.SourceKey { Node = AgentHarness.Node, Kind = Transport.V1.SourceKind.ControlPlaneFiles, Name = "node" };

        Assert.Equal("InvalidRequest", (await RunAsync(work)).Failure?.Cause);
        Assert.Equal(0, _coordinator.Download.Fetches);
    }

    private static TreeEntry Directory(string path) => new() { Path = Encoding.UTF8.GetBytes(path), Kind = EntryKind.Directory, Mode = 493 };

    private static (TreeEntry Entry, string Text) File(string path, string text) =>
        (new TreeEntry { Path = Encoding.UTF8.GetBytes(path), Kind = EntryKind.File, Mode = 420, Size = text.Length }, text);

    private static Work Restore(string target) => new()
    {
        WorkId = WorkMessages.NewId(),
        Restore = new RestoreTask
        {
            RestoreId = WorkMessages.NewId(),
            SnapshotId = WorkMessages.NewId(),
            Source = new Transport.V1.SourceKey { Node = AgentHarness.Node, Kind = Transport.V1.SourceKind.Volume, Name = "data" },
            Files = new RestoreFilesOptions { Target = target, Conflicts = ConflictPolicy.Skip },
        },
    };

    private void Offer(params object[] entries)
    {
        _coordinator.Download.Items.Clear();
        foreach (object each in entries)
        {
            (TreeEntry entry, string text) = each is (TreeEntry file, string content) ? (file, content) : ((TreeEntry)each, "");
            _coordinator.Download.Items.Add(new RestoreItem { Entry = EntryMapping.ToWire(entry) });
            if (text.Length > 0)
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

    private static Data OfferedData(string chunk, long offset, int skip, int take)
    {
        ByteString bytes = ByteString.CopyFromUtf8(chunk);
        return new Data
        {
            FileOffset = offset,
            Compression = Compression.None,
            ChunkLength = bytes.Length,
            Skip = skip,
            Take = take,
            ChunkId = ByteString.CopyFrom(ChunkId.Of(bytes.Span).ToArray()),
            Payload = bytes,
        };
    }

    private async Task<WorkResult> RunAsync(Work work)
    {
        AgentOptions options = AgentHarness.Options(_coordinator, _directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(work);
        return await session.ResultAsync();
    }
}
