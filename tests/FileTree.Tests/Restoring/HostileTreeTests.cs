using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>Trees no honest agent writes: everything stays inside the target.</summary>
public sealed class HostileTreeTests : IDisposable
{
    private static readonly RestoreOptions _options = new() { Id = "test", KeepPrivileges = true, CreateDevices = true, Durable = false };

    private readonly TemporaryDirectory _directory = new("/tmp");

    public HostileTreeTests() => Shell.Run(_directory.Path, "mkdir target outside; echo secret >outside/shadow; echo mine >target/existing");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("../outside/x")]
    [InlineData("/etc/x")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/../../outside/x")]
    [InlineData("a//x")]
    [InlineData("a/")]
    [InlineData("x\0y")]
    public async Task Restore_ImpossiblePath_IsRefused(string path)
    {
        foreach (EntryKind kind in (EntryKind[])[EntryKind.File, EntryKind.Directory, EntryKind.Symlink, EntryKind.Fifo])
        {
            RestoreResult result = await LastAsync((path, kind, "x"));
            Assert.Equal((RestoreOutcome.Failed, RestoreCause.InvalidEntry), (result.Outcome, result.Cause));
        }

        AssertNothingNew();
    }

    [Fact]
    public async Task Restore_FileThroughARestoredSymlink_IsRefused()
    {
        RestoreResult result = await LastAsync(("l", EntryKind.Symlink, "../outside"), ("l/x", EntryKind.File, ""));
        Assert.Equal(RestoreCause.InvalidEntry, result.Cause);
        AssertNothingNew("l");
    }

    [Fact]
    public async Task Restore_DirectoryThatIsASymlinkInTheTarget_DoesNotFollowIt()
    {
        Shell.Run(_directory.Path, "ln -s ../outside target/l");
        foreach (ConflictPolicy policy in Enum.GetValues<ConflictPolicy>())
        {
            CapturedTree tree = new();
            tree.Add("l", EntryKind.Directory);
            tree.Add("l/x", EntryKind.File, "x");
            await tree.RestoreAsync(_directory["target"], _options with { Conflicts = policy });
            Assert.Equal("shadow", Shell.Run(_directory.Path, "ls -A outside"));
            Shell.Run(_directory.Path, "rm -rf target/l*; ln -s ../outside target/l");
        }
    }

    [Theory]
    [InlineData("existing")]
    [InlineData("../outside/shadow")]
    [InlineData("l/shadow")]
    [InlineData("missing")]
    [InlineData("d")]
    [InlineData("")]
    public async Task Restore_HardLinkToSomethingNotRestored_IsRefused(string target)
    {
        RestoreResult result = await LastAsync(
            ("d", EntryKind.Directory, ""), ("l", EntryKind.Symlink, "../outside"), ("z", EntryKind.HardLink, target));
        Assert.Equal(RestoreOutcome.Failed, result.Outcome);
        Assert.False(File.Exists(_directory["target/z"]));
        AssertNothingNew("d", "l");
    }

    [Fact]
    public async Task Restore_EntryTwiceOrOutOfOrder_IsRefused()
    {
        Assert.Equal(RestoreCause.InvalidEntry, (await LastAsync(("a", EntryKind.File, ""), ("a", EntryKind.Symlink, "x"))).Cause);
        Assert.Equal(RestoreCause.InvalidEntry, (await LastAsync(("c", EntryKind.File, ""), ("b", EntryKind.File, ""))).Cause);
        Assert.Equal(RestoreCause.InvalidEntry, (await LastAsync(("f", EntryKind.File, ""), ("f/x", EntryKind.File, ""))).Cause);
        Assert.Equal(RestoreCause.InvalidEntry, (await LastAsync(("no/parent", EntryKind.File, ""))).Cause);
        Assert.Equal(RestoreCause.InvalidEntry, (await LastAsync(("", EntryKind.Symlink, "x"))).Cause);
    }

    [Fact]
    public async Task Restore_ImpossibleValues_AreRefused()
    {
        TreeEntry file = new() { Path = "f"u8.ToArray(), Kind = EntryKind.File };
        TreeEntry[] hostile =
        [
            file with { Size = -1 }, file with { Mode = 0x1000 }, file with { Mode = -1 }, file with { ModifiedAt = new UnixTime(0, 1_000_000_000) },
            file with { Kind = EntryKind.Symlink, LinkTarget = [1, 0, 1] }, file with { Kind = EntryKind.Fifo, Size = 1 },
            file with { Attributes = [new ExtendedAttribute([], [])] }, file with { Attributes = [new ExtendedAttribute(new byte[300], [])] },
            file with { Attributes = [new ExtendedAttribute([(byte)'u', 0], [])] },
        ];
        foreach (TreeEntry entry in hostile)
        {
            CapturedTree tree = new();
            tree.Items.Add((entry, []));
            (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory["target"], _options);
            Assert.Equal(RestoreCause.InvalidEntry, results[0].Cause);
        }

        AssertNothingNew();
    }

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(97, 4)]
    [InlineData(long.MaxValue, 4)]
    [InlineData(long.MinValue, 4)]
    [InlineData(0, 101)]
    public async Task Write_OutsideTheFile_FailsTheEntry(long offset, int length)
    {
        CapturedTree tree = new();
        tree.Items.Add((new TreeEntry { Path = "f"u8.ToArray(), Kind = EntryKind.File, Size = 100 }, [(offset, new byte[length])]));
        (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory["target"], _options);
        Assert.Equal(RestoreCause.InvalidEntry, results[0].Cause);
        AssertNothingNew();
    }

    [Fact]
    public async Task Restore_EntriesThatWereNotCaptured_AreFailures()
    {
        CapturedTree tree = new();
        tree.Add(new TreeEntry { Path = "a"u8.ToArray(), Kind = EntryKind.Unknown, State = EntryState.Vanished, Reason = "gone" });
        tree.Add(new TreeEntry { Path = "b"u8.ToArray(), Kind = EntryKind.File, State = EntryState.Unreadable, Reason = "EIO" });
        (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory["target"], _options);
        Assert.All(results, r => Assert.Equal((RestoreOutcome.Failed, RestoreCause.NotInSnapshot), (r.Outcome, r.Cause)));
        AssertNothingNew();
    }

    [Fact]
    public async Task Restore_DirectoryWhereAnotherFileSystemIsMounted_IsRefused()
    {
        Shell.Run(_directory.Path, "mkdir target/m; mount --bind outside target/m");
        try
        {
            CapturedTree tree = new();
            tree.Add("m", EntryKind.Directory);
            tree.Add("m/x", EntryKind.File, "x");
            (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory["target"], _options with { Conflicts = ConflictPolicy.Overwrite });
            Assert.Equal([RestoreCause.InTheWay, RestoreCause.DirectoryMissing], results.Select(r => r.Cause));
            Assert.Equal("shadow", Shell.Run(_directory.Path, "ls -A outside"));
        }
        finally
        {
            Shell.Run(_directory.Path, "umount target/m");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("UPPER")]
    public async Task Constructor_UnusableId_IsRefused(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(() => new CapturedTree().RestoreAsync(_directory["target"], _options with { Id = id }));

    private async Task<RestoreResult> LastAsync(params (string Path, EntryKind Kind, string Target)[] entries)
    {
        CapturedTree tree = new();
        foreach ((string path, EntryKind kind, string target) in entries)
        {
            tree.Add(path, kind, target: kind is EntryKind.Symlink or EntryKind.HardLink ? target : "");
        }

        return (await tree.RestoreAsync(_directory["target"], _options)).Results[^1];
    }

    private void AssertNothingNew(params string[] expected)
    {
        Assert.Equal("shadow", Shell.Run(_directory.Path, "ls -A outside"));
        Assert.Equal("1", Shell.Run(_directory.Path, "stat -c %h outside/shadow"));
        string[] there = Shell.Run(_directory.Path, "ls -A target").Split('\n');
        Assert.Equal([.. expected.Append("existing").Order(StringComparer.Ordinal)], there.Order(StringComparer.Ordinal));
    }
}
