using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

public sealed class TreeRestorerTests : IDisposable
{
    private static readonly RestoreOptions _same = new()
    {
        Id = "test", KeepPrivileges = true, CreateDevices = true, Durable = false,
    };

    private readonly TemporaryDirectory _source = new("/tmp");
    private readonly TemporaryDirectory _target = new("/tmp");

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task Restore_EveryKindAndAttribute_IsTheSameTree(string under)
    {
        using TemporaryDirectory source = new(under);
        using TemporaryDirectory target = new(under);
        Shell.Run(source.Path, """
            mkdir -m 2775 d; echo hello >d/f; chown 12:34 d/f; chmod 6751 d/f
            ln -s ../../etc/passwd d/link; chown -h 7:8 d/link; ln d/f e; mkfifo -m 640 fifo; mknod null c 1 3; mknod disk b 259 77; : >empty
            touch $'new\nline' $'esc\e[31m' $'inv\xff\xfe' -- '-rf' 'a b ' '..x' "$(printf 'x%.0s' {1..255})"
            chown 4294967294:4294967293 empty; mkdir -m 0 closed; mkdir -m 1777 sticky
            setfacl -m u:77:rw,g:88:r d/f; setfacl -d -m u:99:rwx d; setfacl -m u:99:x d
            setfattr -n trusted.t -v 0x00ff d/f; setfattr -n trusted.d -v 1 d
            setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 e
            truncate -s 3000001 sparse; printf x | dd of=sparse bs=1 seek=1234567 conv=notrunc status=none
            touch -hd '1901-12-14 01:02:03.5 UTC' d/link; touch -d '2446-05-10 22:38:55.999999999 UTC' empty; touch -d '1969-12-31 23:59:59.25 UTC' sparse
            touch -d '2001-02-03 04:05:06.123456789 UTC' d/f; touch -d '2002-02-03 04:05:06.7 UTC' d closed sticky fifo null .
            """);
        CapturedTree tree = CapturedTree.Of(source.Path);

        (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(target.Path, _same);

        Assert.All(results, r => Assert.True(r.Outcome == RestoreOutcome.Restored && r.Notes.Count == 0, $"{r} {string.Join(',', r.Notes)}"));
        Assert.Empty(summary.DirectoryProblems);
        Assert.Equal(tree.Describe(), CapturedTree.Of(target.Path).Describe());
        Assert.Equal("2", Shell.Run(target.Path, "stat -c %h e"));
        Assert.InRange(int.Parse(Shell.Run(target.Path, "stat -c %b sparse"), System.Globalization.CultureInfo.InvariantCulture), 1, 256);
    }

    [Fact]
    public async Task Restore_DeepPathBeyondPathMax_IsTheSameTree()
    {
        Shell.Run(_source.Path, """
            python3 - <<'P'
            import os
            for i in range(1000):
                os.mkdir('directory'); os.chdir('directory')
            open('bottom', 'w').write('deep')
            P
            """);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        Assert.True(tree.Items[^1].Entry.Path.Length > 4096);

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same);

        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(tree.Describe(), CapturedTree.Of(_target.Path).Describe());
    }

    [Fact]
    public async Task Restore_ForeignPlace_LeavesPrivilegesOut()
    {
        Shell.Run(_source.Path, """
            echo x >f; chmod 6755 f; setfattr -n trusted.t -v 1 f; setfattr -n user.u -v 1 f 2>/dev/null || true
            setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 f
            mknod null c 1 3; mkfifo fifo; mkdir -m 2755 d
            """);

        (List<RestoreResult> results, _) = await CapturedTree.Of(_source.Path).RestoreAsync(_target.Path, new RestoreOptions { Id = "test" });

        Assert.Equal("755 d2755", Shell.Run(_target.Path, "stat -c %a f | tr '\\n' ' '; stat -c d%a d"));
        Assert.DoesNotContain("security", Shell.Run(_target.Path, "getfattr -m- -d f"), StringComparison.Ordinal);
        Assert.DoesNotContain("trusted", Shell.Run(_target.Path, "getfattr -m- -d f"), StringComparison.Ordinal);
        Assert.Equal(3, results.Single(r => r.Path.SequenceEqual("f"u8.ToArray())).Notes.Count);
        Assert.Equal(RestoreCause.NotRestoredByChoice, results.Single(r => r.Path.SequenceEqual("null"u8.ToArray())).Cause);
        Assert.True(File.Exists(_target["fifo"]));
        Assert.False(File.Exists(_target["null"]));
    }

    [Fact]
    public async Task Restore_Sockets_AreSkipped()
    {
        Shell.Run(_source.Path, "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'");

        (List<RestoreResult> results, RestoreSummary summary) = await CapturedTree.Of(_source.Path).RestoreAsync(_target.Path, _same);

        Assert.Equal((RestoreOutcome.Skipped, RestoreCause.NotRestoredByChoice), (results[^1].Outcome, results[^1].Cause));
        Assert.Equal(1, summary.Skipped);
    }

    [Fact]
    public async Task Restore_DirectoryWithDefaultAcl_DoesNotPassItOn()
    {
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("d", EntryKind.Directory);
        tree.Add("f", EntryKind.File, "data");
        Shell.Run(_target.Path, "setfacl -d -m u:99:rwx .");

        await tree.RestoreAsync(_target.Path, _same with { RootMetadata = false });

        Assert.DoesNotContain("99", Shell.Run(_target.Path, "getfacl -n d f"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_SkipPolicy_KeepsWhatIsThere()
    {
        CapturedTree tree = Conflicting();

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same with { Conflicts = ConflictPolicy.Skip });

        Assert.Equal("old", File.ReadAllText(_target["f"]));
        Assert.Equal("old", File.ReadAllText(_target["dirfile"]));
        Assert.Equal("700", Shell.Run(_target.Path, "stat -c %a d"));
        Assert.Equal("new", File.ReadAllText(_target["d/inner"]));
        Assert.Equal(["RRestored", "dSkipped", "d/innerRestored", "dirfileSkipped", "dirfile/xFailed", "fSkipped", "linkSkipped", "wasdirSkipped"], Short(results));
        Assert.Equal(RestoreCause.DirectoryMissing, results[4].Cause);
    }

    [Fact]
    public async Task Restore_OverwritePolicy_ReplacesAllButDirectories()
    {
        CapturedTree tree = Conflicting();

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same with { Conflicts = ConflictPolicy.Overwrite });

        Assert.Equal("new", File.ReadAllText(_target["f"]));
        Assert.Equal("new", File.ReadAllText(_target["dirfile/x"]));
        Assert.Equal("755", Shell.Run(_target.Path, "stat -c %a d"));
        Assert.Equal("old", File.ReadAllText(_target["wasdir/keep"]));
        Assert.Equal("new", File.ReadAllText(_target["link"]));
        Assert.Equal("outside", File.ReadAllText(_source["outside"]));
        Assert.Equal(RestoreCause.InTheWay, results[^1].Cause);
        Assert.All(results.SkipLast(1), r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
    }

    [Fact]
    public async Task Restore_RenamePolicy_KeepsBothAndCanBeRunAgain()
    {
        CapturedTree tree = Conflicting();
        for (int run = 0; run < 2; run++)
        {
            (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same with { Conflicts = ConflictPolicy.Rename });

            Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
            Assert.Equal("new", File.ReadAllText(_target["f"]));
            Assert.Equal("old", File.ReadAllText(_target["f.kb-before-test"]));
            Assert.Equal("old", File.ReadAllText(_target["dirfile.kb-before-test"]));
            Assert.Equal("new", File.ReadAllText(_target["wasdir"]));
            Assert.Equal("old", File.ReadAllText(_target["wasdir.kb-before-test/keep"]));
            Assert.Equal("outside", File.ReadAllText(_source["outside"]));
        }

        Assert.Equal(9, Directory.GetFileSystemEntries(_target.Path).Length);
    }

    [Theory]
    [InlineData("true", "")]
    [InlineData("printf 'nEw' >f; touch -d '2001-02-03 04:05:06.7 UTC' f", "f more")]
    [InlineData("printf 'longer' >f; touch -d '2001-02-03 04:05:06.7 UTC' f", "f more")]
    [InlineData("touch -d '2001-02-03 04:05:06.8 UTC' f", "f more")]
    [InlineData("chmod 600 f", "f more")]
    [InlineData("chown 5 f", "f more")]
    [InlineData("setfattr -n trusted.t -v 2 f", "f more")]
    [InlineData("printf x | dd of=sparse bs=1 seek=2000000 conv=notrunc status=none; touch -d '2001-02-03 04:05:06.7 UTC' sparse", "sparse")]
    [InlineData("ln -sfn elsewhere link; touch -hd '2001-02-03 04:05:06.7 UTC' link", "link")]
    [InlineData("rm fifo; mkfifo -m 640 fifo; touch -d '2001-02-03 04:05:06.8 UTC' fifo", "fifo")]
    [InlineData("rm more; cp -p f more", "more")]
    public async Task Restore_RenamePolicy_KeepsWhatDiffersInAnythingAndNothingElse(string change, string kept)
    {
        Shell.Run(_source.Path, """
            printf new >f; setfattr -n trusted.t -v 1 f; ln f more; ln -s there link; mkfifo -m 640 fifo; truncate -s 3000001 sparse
            printf x | dd of=sparse bs=1 seek=1234567 conv=notrunc status=none; touch -hd '2001-02-03 04:05:06.7 UTC' f link fifo sparse .
            """);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        await tree.RestoreAsync(_target.Path, _same);
        Shell.Run(_target.Path, $"{change}\ntouch -d '2001-02-03 04:05:06.7 UTC' .");

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_target.Path, _same with { Conflicts = ConflictPolicy.Rename });

        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(kept, Shell.Run(_target.Path, "ls | sed -n 's/.kb-before-test$//p' | xargs"));
        Shell.Run(_target.Path, "rm -f *.kb-before-*; touch -d '2001-02-03 04:05:06.7 UTC' .");
        Assert.Equal(tree.Describe(), CapturedTree.Of(_target.Path).Describe());
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    public async Task Restore_KilledAtAnyEntryAndRunAgain_EndsTheSame(ConflictPolicy policy)
    {
        Shell.Run(_source.Path, """
            mkdir -p a/b c; echo 1 >a/1; echo 2 >a/b/2; ln a/1 c/hard; ln -s x c/soft; echo 3 >c/z; chmod 751 a a/b; chmod 2770 c
            touch -d '2001-02-03 04:05:06.7 UTC' a a/b c .
            """);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        for (int count = 0; count <= tree.Items.Count; count++)
        {
            using TemporaryDirectory target = new("/tmp");
            using SafeFileHandle root = DirectoryHandles.OpenRoot(target.Path);
            // Killed: not disposed of, in the middle of a file.
            TreeRestorer killed = new(root, _same with { Conflicts = policy });
            await tree.PushAsync(killed, count);
            if (count < tree.Items.Count)
            {
                await killed.BeginEntryAsync(tree.Items[count].Entry, default);
            }

            (List<RestoreResult> results, _) = await tree.RestoreAsync(target.Path, _same with { Conflicts = policy });

            Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
            Assert.Equal(tree.Describe(), CapturedTree.Of(target.Path).Describe());
        }
    }

    [Fact]
    public async Task FailEntry_HalfAFile_LeavesNothingOfIt()
    {
        File.WriteAllText(_target["f"], "old");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_target.Path);
        using TreeRestorer restorer = new(root, _same with { Conflicts = ConflictPolicy.Overwrite });
        Assert.True(await restorer.BeginEntryAsync(new TreeEntry { Path = "f"u8.ToArray(), Kind = EntryKind.File, Size = 100 }, default));
        Assert.True(await restorer.WriteAsync(0, new byte[50], default));

        RestoreResult result = await restorer.FailEntryAsync("a chunk is damaged");

        Assert.Equal(RestoreCause.DataMissing, result.Cause);
        Assert.Equal("old", File.ReadAllText(_target["f"]));
        Assert.Single(Directory.GetFileSystemEntries(_target.Path));
    }

    [Fact]
    public async Task Abort_InTheMiddle_RemovesTheTemporaryFile()
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_target.Path);
        using TreeRestorer restorer = new(root, _same);
        await restorer.BeginEntryAsync(new TreeEntry { Path = "f"u8.ToArray(), Kind = EntryKind.File, Size = 100 }, default);

        await restorer.AbortAsync();

        Assert.Empty(Directory.GetFileSystemEntries(_target.Path));
    }

    [Fact]
    public async Task Restore_TargetWithoutRoom_FailsTypedAndLeavesNoTemporaryFile()
    {
        Shell.Run(_target.Path, "mkdir m; mount -t tmpfs -o size=256k tmpfs m");
        try
        {
            CapturedTree tree = new();
            tree.Add("", EntryKind.Directory);
            tree.Add("big", EntryKind.File, new string('x', 1 << 20));
            tree.Add("small", EntryKind.File, "fits");

            (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_target["m"], _same);

            Assert.Equal((RestoreOutcome.Failed, RestoreCause.NoSpace), (results[1].Outcome, results[1].Cause));
            Assert.Equal(1, summary.Failed);
            Assert.Equal([_target["m/small"]], Directory.GetFileSystemEntries(_target["m"]));
        }
        finally
        {
            Shell.Run(_target.Path, "umount m");
        }
    }

    private CapturedTree Conflicting()
    {
        File.WriteAllText(_source["outside"], "outside");
        Shell.Run(_target.Path, $"""
            printf old >f; mkdir -m 700 d; printf old >dirfile; ln -s {_source["outside"]} link; mkdir wasdir; printf old >wasdir/keep
            """);
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("d", EntryKind.Directory);
        tree.Add("d/inner", EntryKind.File, "new");
        tree.Add("dirfile", EntryKind.Directory);
        tree.Add("dirfile/x", EntryKind.File, "new");
        tree.Add("f", EntryKind.File, "new");
        tree.Add("link", EntryKind.File, "new");
        tree.Add("wasdir", EntryKind.File, "new");
        return tree;
    }

    private static IEnumerable<string> Short(IEnumerable<RestoreResult> results) =>
        results.Select(r => (r.Path.Length == 0 ? "R" : Encoding.UTF8.GetString(r.Path)) + r.Outcome);
}
