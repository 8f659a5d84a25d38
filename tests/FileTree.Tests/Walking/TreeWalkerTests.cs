using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Walking;

public sealed class TreeWalkerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Walk_EveryKind_IsDescribed()
    {
        Shell.Run(_directory.Path, """
            mkdir d; echo hello >d/f; chown 12:34 d/f; chmod 4751 d/f; touch -d '2001-02-03 04:05:06.123456789 UTC' d/f
            ln -s /etc/passwd link; ln d/f e; mkfifo fifo; mknod null c 1 3; : >empty
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            """);
        Dictionary<string, TreeEntry> entries = Walk().ToDictionary(e => Encoding.Latin1.GetString(e.Path));
        Assert.Equal(EntryKind.Directory, entries[""].Kind);
        TreeEntry file = entries["d/f"];
        Assert.Equal((EntryKind.File, 0b100_111_101_001, 12u, 34u, 6L), (file.Kind, file.Mode, file.Uid, file.Gid, file.Size));
        Assert.Equal(new UnixTime(981173106, 123456789), file.ModifiedAt);
        Assert.Equal("/etc/passwd", Encoding.UTF8.GetString(entries["link"].LinkTarget));
        Assert.Equal((EntryKind.HardLink, "d/f"), (entries["e"].Kind, Encoding.UTF8.GetString(entries["e"].LinkTarget)));
        Assert.Equal(EntryKind.Fifo, entries["fifo"].Kind);
        Assert.Equal((EntryKind.CharDevice, 0x103UL), (entries["null"].Kind, entries["null"].Device));
        Assert.Equal((EntryKind.Socket, EntryState.RecordedOnly), (entries["socket"].Kind, entries["socket"].State));
        Assert.Equal((EntryKind.File, 0L), (entries["empty"].Kind, entries["empty"].Size));
    }

    [Fact]
    public void Walk_AwkwardNames_AreBytesInTreeOrder()
    {
        Shell.Run(_directory.Path, """
            touch $'new\nline' $'esc\e[31m' $'inv\xff\xfe' -- '-rf' 'a b ' '..x' "$(printf 'x%.0s' {1..255})"
            mkdir a 'a-b' a.c; touch a/z 'a-b/y' a.c/x a0
            """);
        List<TreeEntry> entries = Walk();
        Assert.Equal(15, entries.Count);
        for (int i = 1; i < entries.Count; i++)
        {
            Assert.True(TreePath.Compare(entries[i - 1].Path, entries[i].Path) < 0);
        }

        Assert.Contains(entries, e => e.Path.SequenceEqual((byte[])[(byte)'i', (byte)'n', (byte)'v', 0xff, 0xfe]));
        Assert.Contains(entries, e => e.Path.Length == 255);
    }

    [Fact]
    public void ReadAttributes_OfFilesDirectoriesAndLinks_AreAllOfThem()
    {
        Shell.Run(_directory.Path, """
            mkdir d; touch f; ln -s nowhere l
            setfattr -n user.one -v 1 f; setfattr -n user.empty f; setfattr -n trusted.t -v 0x00ff f
            setfacl -m u:77:rwx f; setfacl -d -m g:88:r-x d; setfattr -h -n trusted.link -v x l
            """);
        Dictionary<string, List<string>> names = [];
        WalkEach((walker, entry) =>
            names[Encoding.UTF8.GetString(entry.Path)] = [.. walker.ReadAttributes().Select(a => Encoding.UTF8.GetString(a.Name)).Where(n => n != "security.selinux")]);
        Assert.Equal(["system.posix_acl_access", "trusted.t", "user.empty", "user.one"], names["f"]);
        Assert.Equal(["system.posix_acl_default"], names["d"]);
        Assert.Equal(["trusted.link"], names["l"]);
    }

    [Fact]
    public void Walk_AnotherFileSystem_IsNotEntered()
    {
        Shell.Run(_directory.Path, "mkdir m; mount -t tmpfs none m; touch m/inside");
        try
        {
            TreeEntry mount = Walk().Single(e => e.Path.Length > 0);
            Assert.Equal(EntryState.RecordedOnly, mount.State);
            Assert.Equal(3, Walk(new WalkOptions { CrossMounts = true }).Count);
        }
        finally
        {
            Shell.Run(_directory.Path, "umount m");
        }
    }

    [Fact]
    public void Walk_DeeperThanAPathMayBe_GoesOn()
    {
        // 300 levels of 200 characters: 60,000 bytes, far beyond PATH_MAX.
        Shell.Run(_directory.Path, """
            python3 - <<'P'
            import os
            for i in range(300):
                os.mkdir('d' * 200); os.chdir('d' * 200)
            open('bottom', 'w').close()
            P
            """);
        List<TreeEntry> entries = Walk();
        Assert.Equal(302, entries.Count);
        Assert.EndsWith("/bottom", Encoding.UTF8.GetString(entries[^1].Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Walk_FileRemovedAfterListing_IsVanished()
    {
        Shell.Run(_directory.Path, "touch a b c");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        Assert.True(walker.MoveNext());
        File.Delete(_directory["b"]);
        Assert.True(walker.MoveNext());
        Assert.Equal(EntryState.Captured, walker.Current.State);
        Assert.True(walker.MoveNext());
        Assert.Equal(EntryState.Vanished, walker.Current.State);
        Assert.True(walker.MoveNext());
        Assert.Equal(EntryState.Captured, walker.Current.State);
    }

    [Fact]
    public void HoldFile_WalkIsOver_OpensTheFileAndThenTheDirectoryIsClosed()
    {
        Shell.Run(_directory.Path, "mkdir d; echo one >d/f; echo other >z");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        FoundFile? found = null;
        using (TreeWalker walker = new(root, new WalkOptions()))
        {
            while (walker.MoveNext())
            {
                found ??= walker.Current.Kind == EntryKind.File ? walker.HoldFile() : null;
            }
        }

        using (FileReader file = found!.Open())
        {
            Assert.Equal(4, file.Size);
        }

        found.Dispose();
        Assert.Throws<ObjectDisposedException>(found.Open);
    }

    [Fact]
    public void OpenFile_ReplacedByALinkOrFifo_IsGoneAndNeverFollowed()
    {
        foreach (string replacement in new[] { "ln -s /etc/passwd f", "mkfifo f", "echo other >f" })
        {
            Shell.Run(_directory.Path, "rm -f f g; echo x >f; ln f g");
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
            using TreeWalker walker = new(root, new WalkOptions());
            walker.MoveNext();
            walker.MoveNext();
            Shell.Run(_directory.Path, "rm f; " + replacement);
            Assert.Throws<LinuxException>(() => walker.HoldFile().Open());
        }
    }

    [Fact]
    public void Walk_DirectorySwappedForALinkAllTheTime_NeverLeavesTheRoot()
    {
        Shell.Run(_directory.Path, "mkdir -p root/a/b outside/b; touch root/a/b/inside outside/b/secret");
        using CancellationTokenSource stop = new();
        Thread attacker = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(_directory["root/a"], _directory["root/hidden"]);
                File.CreateSymbolicLink(_directory["root/a"], _directory["outside"]);
                File.Delete(_directory["root/a"]);
                Directory.Move(_directory["root/hidden"], _directory["root/a"]);
            }
        });
        attacker.Start();
        try
        {
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory["root"]);
            for (int round = 0; round < 3000; round++)
            {
                using TreeWalker walker = new(root, new WalkOptions());
                while (walker.MoveNext())
                {
                    Assert.DoesNotContain("secret", Encoding.UTF8.GetString(walker.Current.Path), StringComparison.Ordinal);
                }

                foreach (Func<SafeFileHandle> open in (Func<SafeFileHandle>[])
                    [() => DirectoryHandles.OpenBeneath(root, "a/b"u8), () => DirectoryHandles.OpenStepwise(root, "a/b"u8)])
                {
                    AssertInside(open);
                }
            }
        }
        finally
        {
            stop.Cancel();
            attacker.Join();
        }
    }

    [Fact]
    public void OpenRoot_Missing_SaysSo()
    {
        LinuxException e = Assert.Throws<LinuxException>(() => DirectoryHandles.OpenRoot(_directory["none"]));
        Assert.True(e.IsGone);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/../..")]
    [InlineData("/etc")]
    public void OpenBeneath_PathThatLeaves_IsRefused(string path)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        Assert.Throws<ArgumentException>(() => DirectoryHandles.OpenBeneath(root, Encoding.UTF8.GetBytes(path)));
    }

    private static void AssertInside(Func<SafeFileHandle> open)
    {
        try
        {
            using SafeFileHandle b = open();
            using TreeWalker walker = new(b, new WalkOptions());
            walker.MoveNext();
            walker.MoveNext();
            Assert.Equal("inside", Encoding.UTF8.GetString(walker.Current.Path));
        }
        catch (LinuxException)
        {
            // The directory was away or a link at that moment: refusing is right.
        }
    }

    private List<TreeEntry> Walk(WalkOptions? options = null)
    {
        List<TreeEntry> entries = [];
        WalkEach((_, entry) => entries.Add(entry), options);
        return entries;
    }

    private void WalkEach(Action<TreeWalker, TreeEntry> visit, WalkOptions? options = null)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, options ?? new WalkOptions());
        while (walker.MoveNext())
        {
            visit(walker, walker.Current);
        }
    }
}
