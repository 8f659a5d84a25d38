using System.Diagnostics;
using System.Text;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using EntryKind = K8sBackup.Model.Trees.EntryKind;
using EntryState = K8sBackup.Model.Trees.EntryState;

namespace K8sBackup.Agent.Tests.Volumes;

public sealed class VolumeTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;

    private string Volume => Path.Combine(_directory.Path, "host", "volumes", "v");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Volume);
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
    }

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Capture_MixedTree_StoresEveryByteAndKind()
    {
        byte[] large = Noise(3_000_000);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "large.bin"), large);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "empty"), []);
        Directory.CreateDirectory(Path.Combine(Volume, "d.d"));
        for (int i = 0; i < 300; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(Volume, "d.d", $"small{i}"), $"content {i}");
        }

        File.CreateSymbolicLink(Path.Combine(Volume, "link"), "/etc/passwd");
        await RunAsync("ln", Path.Combine(Volume, "large.bin"), Path.Combine(Volume, "z-again"));
        await RunAsync("mkfifo", Path.Combine(Volume, "fifo"));
        await RunAsync("chattr", "+d", Path.Combine(Volume, "large.bin"), Path.Combine(Volume, "d.d"), Path.Combine(Volume, "d.d/small7"));

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync();

        Assert.Equal(Outcome.Completed, finish.Outcome);
        Assert.Equal("/volumes/v", finish.SourcePath);
        Assert.Equal((307, 302), (entries.Count, finish.Counts.Files));
        Assert.Equal(large, await ContentAsync(entries.Single(e => Name(e) == "large.bin")));
        Assert.Equal(["d.d", "d.d/small7", "large.bin", "z-again"], entries.Where(e => e.Flags == FileFlags.NoDump).Select(Name));
        Assert.Equal("content 7", Encoding.UTF8.GetString(await ContentAsync(entries.Single(e => Name(e) == "d.d/small7"))));
        Assert.Equal((EntryKind.HardLink, "large.bin"), Link(entries, "z-again"));
        Assert.Equal((EntryKind.Symlink, "/etc/passwd"), Link(entries, "link"));
        Assert.Equal(EntryKind.Fifo, entries.Single(e => Name(e) == "fifo").Kind);
        Assert.Empty(_coordinator.Upload.Violations);
    }

    [Fact]
    public async Task Capture_SecondTimeUnchanged_ReadsAndSendsNoFile()
    {
        byte[] bytes = Noise(2_000_000);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "old"), bytes);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "other"), Noise(500_000));
        (_, List<TreeEntry> first) = await BackUpAsync();
        // As if captured long ago: with its inode number, which fresh files are stored without.
        await OfferAsParentAsync(first);
        _coordinator.Upload.BeginNextWork();

        (Finish finish, List<TreeEntry> second) = await BackUpAsync();

        Assert.True(finish.Counts.SentBytes < 100_000, $"{finish.Counts.SentBytes} bytes were sent");
        Assert.Equal(bytes, await ContentAsync(second.Single(e => Name(e) == "old")));
        Assert.Equal(1, _coordinator.Upload.ParentReads);
    }

    [Fact]
    public async Task Capture_OnlyMetadataChanged_TakesItAndSendsNoContent()
    {
        string path = Path.Combine(Volume, "file");
        byte[] bytes = Noise(2_000_000);
        await File.WriteAllBytesAsync(path, bytes);
        (_, List<TreeEntry> first) = await BackUpAsync();
        await OfferAsParentAsync(first);
        _coordinator.Upload.BeginNextWork();
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        File.SetLastWriteTimeUtc(path, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        await RunAsync("setfattr", "-n", "user.note", "-v", "new", path);
        await RunAsync("chown", "1234:5678", path);

        (Finish finish, List<TreeEntry> second) = await BackUpAsync();

        TreeEntry file = second.Single(e => Name(e) == "file");
        Assert.Equal((0x100, 1234u, 5678u, 981_173_106L), (file.Mode, file.Uid, file.Gid, file.ModifiedAt.Seconds));
        Assert.Equal("user.note", Encoding.UTF8.GetString(Assert.Single(file.Attributes).Name));
        Assert.Equal(bytes, await ContentAsync(file));
        Assert.InRange(finish.Counts.SentBytes, 1, 100_000);
    }

    [Fact]
    public async Task Capture_DatabaseWithSomePagesRewritten_SendsThose()
    {
        const int pageBytes = 4096;
        string path = Path.Combine(Volume, "app.db");
        byte[] bytes = Noise(1000 * pageBytes);
        "SQLite format 3\0\u0010\0"u8.CopyTo(bytes);
        await File.WriteAllBytesAsync(path, bytes);
        (Finish before, List<TreeEntry> first) = await BackUpAsync();
        await OfferAsParentAsync(first);
        _coordinator.Upload.BeginNextWork();
        for (int page = 5; page < 1000; page += 100)
        {
            bytes[(page * pageBytes) + 77] ^= 1;
        }

        await File.WriteAllBytesAsync(path, bytes);
        (Finish finish, List<TreeEntry> second) = await BackUpAsync();

        // Ten pages, and what says where they are; by content each would have cost a chunk of a quarter of a megabyte.
        Assert.Equal(bytes, await ContentAsync(second.Single(e => Name(e) == "app.db")));
        Assert.InRange(before.Counts.SentBytes, bytes.Length, bytes.Length + 200_000);
        Assert.InRange(finish.Counts.SentBytes, 10 * pageBytes, 40 * pageBytes);
    }

    [Fact]
    public async Task Capture_FileRewrittenWithSameSize_IsReadAgain()
    {
        string path = Path.Combine(Volume, "file");
        await File.WriteAllTextAsync(path, "before");
        (_, List<TreeEntry> first) = await BackUpAsync();
        await OfferAsParentAsync(first);
        await File.WriteAllTextAsync(path, "after!");

        (_, List<TreeEntry> second) = await BackUpAsync();

        Assert.Equal("after!", Encoding.UTF8.GetString(await ContentAsync(second.Single(e => Name(e) == "file"))));
    }

    [Fact]
    public async Task Capture_SmallFilesThatChangeBetweenLookAndRead_AreWhatTheyWereWhenRead()
    {
        foreach (char name in "abcdefgh")
        {
            await File.WriteAllTextAsync(Path.Combine(Volume, $"{name}"), $"{name} when it was looked at");
        }

        byte[] large = Noise(200_000);
        // All of them have been looked at, and none was opened.
        ReadMoment moment = new(() =>
        {
            File.WriteAllText(Path.Combine(Volume, "b"), "b when it was read, and longer by now");
            File.WriteAllText(Path.Combine(Volume, "new"), "another c");
            File.Move(Path.Combine(Volume, "new"), Path.Combine(Volume, "c"), overwrite: true);
            File.Delete(Path.Combine(Volume, "d"));
            File.Delete(Path.Combine(Volume, "e"));
            File.CreateSymbolicLink(Path.Combine(Volume, "e"), "/etc/passwd");
            File.WriteAllText(Path.Combine(Volume, "f"), "");
            File.Delete(Path.Combine(Volume, "g"));
            Directory.CreateDirectory(Path.Combine(Volume, "g"));
            File.WriteAllBytes(Path.Combine(Volume, "h"), large);
        });

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync(configure: services => services.AddSingleton(new ReadPolicy(TimeSpan.FromMinutes(5), moment.Pacer(), TimeProvider.System)));

        Assert.Equal(["", "a", "b", "c", "d", "e", "f", "g", "h"], entries.Select(Name));
        Assert.Equal(["d", "g"], entries.Where(e => e.State == EntryState.Vanished).Select(Name));
        Assert.Equal("e", Name(Assert.Single(entries, e => e.State == EntryState.Unreadable)));
        Assert.Equal(["d", "e", "g"], finish.Items.Select(item => item.Path).Order(StringComparer.Ordinal));
        Assert.Equal((Outcome.PartiallyFailed, 3), (finish.Outcome, finish.Counts.Failed));
        Dictionary<string, string> contents = [];
        foreach (TreeEntry entry in entries.Where(e => e.State == EntryState.Captured && e.Kind == EntryKind.File))
        {
            contents.Add(Name(entry), Encoding.Latin1.GetString(await ContentAsync(entry)));
        }

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["a"] = "a when it was looked at",
                ["b"] = "b when it was read, and longer by now",
                ["c"] = "another c",
                ["f"] = "",
                ["h"] = Encoding.Latin1.GetString(large),
            },
            contents);
    }

    [Fact]
    public async Task Capture_FreshFile_IsStoredWithoutItsInode()
    {
        await File.WriteAllTextAsync(Path.Combine(Volume, "fresh"), "x");

        (_, List<TreeEntry> entries) = await BackUpAsync();

        Assert.Equal(0UL, entries.Single(e => Name(e) == "fresh").Inode);
    }

    [Fact]
    public async Task Capture_HugeSparseFile_TakesSpaceOfItsData()
    {
        using (FileStream sparse = File.Create(Path.Combine(Volume, "sparse")))
        {
            sparse.SetLength(20L << 30);
            sparse.Position = 12L << 30;
            sparse.Write("middle"u8);
        }

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync();

        Assert.Equal(20L << 30, entries.Single(e => Name(e) == "sparse").Size);
        Assert.True(finish.Counts.SentBytes < 100_000);
        using Process self = Process.GetCurrentProcess();
        Assert.True(self.WorkingSet64 < 600L << 20, "The test host, coordinator included, grew out of bounds.");
    }

    [Fact]
    public async Task Capture_ExcludedDirectory_IsLeftOut()
    {
        Directory.CreateDirectory(Path.Combine(Volume, "cache", "deep"));
        await File.WriteAllTextAsync(Path.Combine(Volume, "cache", "deep", "f"), "x");
        Work work = WorkMessages.Backup();
        work.Backup.Volume.Exclude.Add("cache");

        (_, List<TreeEntry> entries) = await BackUpAsync(work);

        Assert.Equal([""], entries.Select(Name));
    }

    [Fact]
    public async Task Capture_WithRules_LeavesOutAndSaysWhatByWhichRule()
    {
        await RunAsync("bash", "-c", $"cd {Volume}; mkdir -p a/cache b; echo x >a/cache/f; echo x >b/t.log; echo x >b/keep.log; echo 123456 >big; touch b/.nobackup; mv b/.nobackup a/");
        Work work = WorkMessages.Backup();
        work.Backup.Volume.Rules = new ExcludeRules { Patterns = { "*.log", "!keep.log" }, Marked = true, FileBytesMax = 6 };

        (Finish finish, List<TreeEntry> entries) = await BackUpAsync(work);

        Assert.Equal(["", "a", "b", "b/keep.log", "big"], entries.Select(Name));
        Assert.Equal(Outcome.Completed, finish.Outcome);
        Assert.Equal((work.Backup.Volume.Rules, 0L), (finish.Exclusions.Rules, finish.Counts.Failed));
        Assert.Empty(finish.Items);
        Assert.Equal([".nobackup 0 1 a", "*.log 1 0 b/t.log", "maxFileSize 1 0 big"], finish.Exclusions.Excluded.Select(e => $"{e.Rule} {e.Files} {e.Directories} {e.Examples.Single()}"));
    }

    [Fact]
    public async Task Capture_FileNoLongerLeftOut_IsReadInFull()
    {
        byte[] bytes = Noise(300_000);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "by-pattern"), bytes);
        await File.WriteAllBytesAsync(Path.Combine(Volume, "too-large"), bytes);
        Work work = WorkMessages.Backup();
        work.Backup.Volume.Rules = new ExcludeRules { Patterns = { "by-pattern" }, FileBytesMax = 100 };
        (_, List<TreeEntry> first) = await BackUpAsync(work);
        await OfferAsParentAsync(first);
        _coordinator.Upload.BeginNextWork();

        (Finish finish, List<TreeEntry> second) = await BackUpAsync();

        Assert.Equal(1, _coordinator.Upload.ParentReads);
        Assert.Equal(["", "by-pattern", "too-large"], second.Select(Name));
        Assert.All(second.Skip(1), entry => Assert.Equal((EntryKind.File, Model.Trees.EntryState.Captured, 300_000L), (entry.Kind, entry.State, entry.Size)));
        Assert.Equal(bytes, await ContentAsync(second[1]));
        Assert.Equal(bytes, await ContentAsync(second[2]));
        Assert.Empty(finish.Exclusions.Excluded);
    }

    [Theory]
    [InlineData("/volumes/missing", "SourceMissing")]
    [InlineData("/etc", "PermissionDenied")]
    [InlineData("/volumes/../etc", "InvalidRequest")]
    [InlineData("/volumes/way-out", "SourceMissing")]
    public async Task Capture_UnusablePath_FailsBeforeAnyUpload(string path, string cause)
    {
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "host", "volumes", "way-out"), "/etc");

        WorkResult result = await ResultAsync(WorkMessages.Backup(path: path));

        Assert.True(cause == result.Failure?.Cause || (path.EndsWith("way-out", StringComparison.Ordinal) && result.Failure?.Cause == "SourceUnreadable"), $"{result}");
        Assert.Equal(0, _coordinator.Upload.Attempts);
    }

    private static byte[] Noise(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static string Name(TreeEntry entry) => Encoding.UTF8.GetString(entry.Path);

    private static (EntryKind Kind, string Target) Link(List<TreeEntry> entries, string name)
    {
        TreeEntry entry = entries.Single(e => Name(e) == name);
        return (entry.Kind, Encoding.UTF8.GetString(entry.LinkTarget));
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        Assert.Equal(0, (await ChildProcess.RunAsync(program, arguments, TimeSpan.FromMinutes(1))).ExitCode);

    private async Task OfferAsParentAsync(List<TreeEntry> entries)
    {
        _coordinator.Upload.ParentSnapshotId = SnapshotId.Create(TimeProvider.System).ToString();
        FileContentReader contents = new(_coordinator.Upload);
        foreach (TreeEntry entry in entries)
        {
            ulong inode = entry.Kind == EntryKind.File ? ulong.Parse((await ChildProcess.RunAsync(
                "stat", ["-c", "%i", Path.Combine(Volume, Name(entry))], TimeSpan.FromMinutes(1))).StandardOutput, System.Globalization.CultureInfo.InvariantCulture) : entry.Inode;
            ParentEntry part = new() { Entry = EntryMapping.ToWire(entry with { Inode = inode }), PageBytes = entry.Content.PageBytes, Last = true };
            foreach (ChunkId digests in entry.Content.PageDigestChunks)
            {
                part.PageDigests = Google.Protobuf.ByteString.CopyFrom((await _coordinator.Upload.ReadAsync(digests, CancellationToken.None)).Span);
            }

            await foreach (Extent extent in contents.ExtentsAsync(entry.Content, entry.Size, CancellationToken.None))
            {
                part.Extents.Add(new ParentExtent
                {
                    FileOffset = extent.FileOffset,
                    ChunkId = Google.Protobuf.ByteString.CopyFrom(extent.Chunk.ToArray()),
                    ChunkOffset = extent.ChunkOffset,
                    Length = extent.Length,
                });
            }

            _coordinator.Upload.Parent.Add(part);
        }
    }

    private async Task<(Finish Finish, List<TreeEntry> Entries)> BackUpAsync(Work? work = null, Action<IServiceCollection>? configure = null)
    {
        WorkResult result = await ResultAsync(work ?? WorkMessages.Backup(), configure);
        Assert.True(result.Backup is not null, $"{result}");
        Finish finish = _coordinator.Upload.Finished.Last();
        List<TreeEntry> entries = [];
        await foreach (TreeEntry entry in new TreeReader(_coordinator.Upload, new ChunkId(finish.Root.Span)).WalkAsync(CancellationToken.None))
        {
            entries.Add(entry);
        }

        return (finish, entries);
    }

    private async Task<WorkResult> ResultAsync(Work work, Action<IServiceCollection>? configure = null)
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path), configure);
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(work);
        WorkResult result = await session.ResultAsync();
        await session.SendAsync(new CoordinatorMessage { Acknowledged = new ResultAcknowledged { WorkId = work.WorkId } });
        await Eventually.TrueAsync(() => Directory.GetFiles(Path.Combine(_directory.Path, "state", "results")).Length == 0);
        return result;
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
