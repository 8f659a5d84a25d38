using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>The one policy that deletes.</summary>
public sealed class MirrorTests : IDisposable
{
    private static readonly RestoreOptions _mirror = new()
    {
        Id = "test", Conflicts = ConflictPolicy.Mirror, KeepPrivileges = true, CreateDevices = true, Durable = false,
    };

    private readonly TemporaryDirectory _source = new("/tmp");
    private readonly TemporaryDirectory _target = new("/tmp");

    public MirrorTests() => Shell.Run(_source.Path, """
        mkdir -p a/b c; echo 1 >a/1; echo 2 >a/b/2; ln a/1 c/hard; ln -s x c/soft; echo 3 >c/z; echo f >wasdir; mkdir wasfile; echo i >wasfile/i
        touch -d '2001-02-03 04:05:06.7 UTC' a a/b c wasfile .
        """);

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public async Task Mirror_OverAnything_IsTheTreeAndNothingElse()
    {
        Litter(_target.Path);
        CapturedTree tree = CapturedTree.Of(_source.Path);

        (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror);

        Assert.All(results, r => Assert.Equal(RestoreOutcome.Restored, r.Outcome));
        Assert.Equal(tree.Describe(), CapturedTree.Of(_target.Path).Describe());
        Assert.Equal((LitterCount, 0L), (summary.Deleted, summary.NotDeleted));
    }

    [Fact]
    public async Task Mirror_Selection_DeletesBelowItOnly()
    {
        Litter(_target.Path);
        CapturedTree tree = CapturedTree.Of(_source.Path);
        tree.Items.RemoveAll(item => item.Entry.Path.Length > 0 && !Name(item.Entry).StartsWith('c') && Name(item.Entry) != "a" && !Name(item.Entry).StartsWith("a/b", StringComparison.Ordinal));
        tree.Items.RemoveAll(item => item.Entry.Kind == EntryKind.HardLink);

        (_, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror with { Selection = ["a/b"u8.ToArray(), "c"u8.ToArray()] });

        Assert.Equal(["2"], Shell.Run(_target.Path, "ls -A a/b").Split('\n'));
        Assert.Equal(["soft", "z"], Shell.Run(_target.Path, "ls -A c").Split('\n'));
        Assert.Equal("extra", Shell.Run(_target.Path, "cat a/0; cat zz >/dev/null"));
        Assert.Equal(4, summary.Deleted);
    }

    [Fact]
    public async Task Mirror_WhatTheRulesLeftOut_Stays()
    {
        Shell.Run(_target.Path, """
            mkdir -p extra/cache a/cache tagged marked deep/er; echo x >extra/cache/x; echo x >extra/gone; echo x >a/cache/y; echo x >debug.log; echo x >a/gone
            touch marked/.nobackup marked/x; echo Signature: 8a477f597d28d172789f06886806bc55 >tagged/CACHEDIR.TAG; echo 1234567890 >deep/er/big; echo 1 >deep/er/small
            """);
        ExcludeRules rules = new() { Patterns = ["cache/", "*.log"], Marked = true, Caches = true, FileBytesMax = 10 };

        (_, RestoreSummary summary) = await CapturedTree.Of(_source.Path).RestoreAsync(_target.Path, _mirror with { Rules = rules });

        string[] there = Shell.Run(_target.Path, "find extra a debug.log marked tagged deep | sort").Split('\n');
        Assert.Equal(
            ["a", "a/1", "a/b", "a/b/2", "a/cache", "a/cache/y", "debug.log", "deep", "deep/er", "deep/er/big", "extra", "extra/cache", "extra/cache/x",
             "marked", "marked/.nobackup", "marked/x", "tagged", "tagged/CACHEDIR.TAG"],
            there);
        Assert.Equal((3L, 0L), (summary.Deleted, summary.NotDeleted));
    }

    [Theory]
    [InlineData(EntryState.RecordedOnly)]
    [InlineData(EntryState.Unreadable)]
    public async Task Mirror_DirectoryTheTreeDoesNotKnowWhole_KeepsWhatIsInIt(EntryState state)
    {
        Shell.Run(_target.Path, "mkdir known unknown; echo x >known/extra; echo x >unknown/kept; echo x >missed");
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("known", EntryKind.Directory);
        tree.Add(new TreeEntry { Path = "missed"u8.ToArray(), Kind = EntryKind.Unknown, State = EntryState.Unreadable, Reason = "EIO" });
        tree.Add(new TreeEntry { Path = "unknown"u8.ToArray(), Kind = EntryKind.Directory, State = state, Mode = 493 });

        (_, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror);

        Assert.Equal(["known", "missed", "unknown", "unknown/kept"], Shell.Run(_target.Path, "find * | sort").Split('\n'));
        Assert.Equal(1, summary.Deleted);
    }

    [Fact]
    public async Task Mirror_EntriesAreMissingInWhatComes_DeletesNothingFromThereOn()
    {
        Shell.Run(_target.Path, "touch a b m z");
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("b", EntryKind.File, "new");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_target.Path);
        using TreeRestorer restorer = new(root, _mirror);
        await tree.PushAsync(restorer, 2);
        restorer.NoteMissingEntries();
        await restorer.CompleteAsync(default);

        Assert.Equal(["b", "m", "z"], Shell.Run(_target.Path, "ls").Split('\n'));
    }

    [Fact]
    public async Task Mirror_AnotherFileSystem_StaysAndSoDoesItsDirectory()
    {
        Shell.Run(_target.Path, "mkdir -p x/m y; mount -t tmpfs none x/m; touch x/m/inside x/gone y/gone");
        try
        {
            CapturedTree tree = new();
            tree.Add("", EntryKind.Directory);
            (_, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror);

            Assert.Equal(["x", "x/m", "x/m/inside"], Shell.Run(_target.Path, "find * | sort").Split('\n'));
            Assert.Equal((3L, 0L), (summary.Deleted, summary.NotDeleted));
        }
        finally
        {
            Shell.Run(_target.Path, "umount x/m");
        }
    }

    [Fact]
    public async Task Mirror_ExtraThatCannotBeDeleted_IsAProblemAndTheRestGoes()
    {
        Shell.Run(_target.Path, "mkdir d; touch d/x d/busy y; mount --bind y d/busy");
        try
        {
            CapturedTree tree = new();
            tree.Add("", EntryKind.Directory);
            (_, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror);
            Assert.Equal((2L, 1L), (summary.Deleted, summary.NotDeleted));
            Assert.Equal("d/busy", Encoding.UTF8.GetString(Assert.Single(summary.DirectoryProblems).Path));
            Assert.Equal(["d", "d/busy"], Shell.Run(_target.Path, "find * | sort").Split('\n'));
        }
        finally
        {
            Shell.Run(_target.Path, "umount d/busy");
        }
    }

    [Fact]
    public async Task Mirror_ExtraThatIsALink_IsNeverFollowed()
    {
        using TemporaryDirectory outside = new("/tmp");
        Shell.Run(outside.Path, "mkdir d; touch d/precious");
        Shell.Run(_target.Path, $"mkdir e; ln -s {outside.Path}/d e/out; ln -s {outside.Path}/d out");
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);

        await tree.RestoreAsync(_target.Path, _mirror);

        Assert.Empty(Directory.GetFileSystemEntries(_target.Path));
        Assert.True(File.Exists(outside["d/precious"]));
    }

    [Fact]
    public async Task Mirror_VeryDeepExtra_GoesWithoutRecursion()
    {
        Shell.Run(_target.Path, """
            python3 - <<'P'
            import os
            for i in range(900):
                os.mkdir('dd'); os.chdir('dd')
            open('bottom', 'w').close()
            P
            """);
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        (_, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, _mirror);
        Assert.Equal(901, summary.Deleted);
    }

    [Fact]
    public async Task Mirror_KilledAtAnyEntryAndRunAgain_EndsTheSame()
    {
        CapturedTree tree = CapturedTree.Of(_source.Path);
        for (int count = 0; count <= tree.Items.Count; count++)
        {
            using TemporaryDirectory target = new("/tmp");
            Litter(target.Path);
            using SafeFileHandle root = DirectoryHandles.OpenRoot(target.Path);
            // Killed: not disposed of, in the middle of a file.
            TreeRestorer killed = new(root, _mirror);
            await tree.PushAsync(killed, count);
            if (count < tree.Items.Count)
            {
                await killed.BeginEntryAsync(tree.Items[count].Entry, default);
            }

            (List<RestoreResult> results, _) = await tree.RestoreAsync(target.Path, _mirror);

            Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
            Assert.Equal(tree.Describe(), CapturedTree.Of(target.Path).Describe());
        }
    }

    private const long LitterCount = 11;

    // In every directory before, between and behind what the tree has; a directory where it has a file, and the other way round.
    private static void Litter(string directory) => Shell.Run(directory, """
        mkdir -p a/b c wasdir/deep; echo extra >a/0; touch a/b/1 a/zz c/between zz; echo old >a/b/2; ln -s /etc wasfile; touch wasdir/deep/f; mkfifo 0pipe; mkdir -p c/y/y
        """);

    private static string Name(TreeEntry entry) => Encoding.UTF8.GetString(entry.Path);
}
