using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Walking;

public sealed class ExclusionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Walk_Patterns_LeaveOutAndCountEachOnce()
    {
        Shell.Run(_directory.Path, "mkdir -p a/build/deep b; touch a/build/deep/x a/build/keep b/build a/1.log b/2.log b/keep.log $'b/\\xff.log'");
        (List<TreeEntry> entries, Exclusions left) = Walk(new ExcludeRules { Patterns = ["*.log", "!keep.log", "build/", "!/a/build/keep"] });

        // What is below a directory that is left out cannot be taken back.
        Assert.Equal(["", "a", "b", "b/build", "b/keep.log"], entries.Select(Path));
        Assert.Equal(["*.log 3 0 a/1.log b/2.log b/\\xff.log", "build/ 0 1 a/build"], left.Excluded.Select(Text));
    }

    [Fact]
    public void Walk_ManyFilesLeftOut_CountsAllAndNamesTheFirst()
    {
        Shell.Run(_directory.Path, "touch {1000..2999}.tmp");
        (_, Exclusions left) = Walk(new ExcludeRules { Patterns = ["*.tmp"] });
        Excluded rule = Assert.Single(left.Excluded);
        Assert.Equal((2000, 10), (rule.Files, rule.Examples.Count));
    }

    [Theory]
    [InlineData("echo Signature: 8a477f597d28d172789f06886806bc55 >c/CACHEDIR.TAG", true)]
    [InlineData("(echo Signature: 8a477f597d28d172789f06886806bc55; echo '# by a browser') >c/CACHEDIR.TAG", true)]
    [InlineData("echo Signature: 8a477f597d28d172789f06886806bc5 >c/CACHEDIR.TAG", false)]
    [InlineData(": >c/CACHEDIR.TAG", false)]
    [InlineData("mkfifo c/CACHEDIR.TAG", false)]
    [InlineData("mkdir c/CACHEDIR.TAG", false)]
    [InlineData("echo Signature: 8a477f597d28d172789f06886806bc55 >tag; ln -s ../tag c/CACHEDIR.TAG", false)]
    public void Walk_CacheTag_CountsWithItsSignatureOnly(string script, bool isCache)
    {
        Shell.Run(_directory.Path, "mkdir c; touch c/x; " + script);
        (List<TreeEntry> entries, Exclusions left) = Walk(new ExcludeRules { Caches = true });
        TreeEntry directory = entries.Single(e => Path(e) == "c");
        Assert.Equal(isCache ? EntryState.RecordedOnly : EntryState.Captured, directory.State);
        Assert.Equal(!isCache, entries.Any(e => Path(e) == "c/x"));
        Assert.Equal(isCache ? ["CACHEDIR.TAG 0 1 c"] : [], left.Excluded.Select(Text));
    }

    [Fact]
    public void Walk_Marked_IsRecordedWithoutItsContentAndOnlyWhenAsked()
    {
        Shell.Run(_directory.Path, "mkdir -p d/e; touch d/.nobackup d/e/x z");
        (List<TreeEntry> entries, Exclusions left) = Walk(new ExcludeRules { Marked = true });
        Assert.Equal(["", "d", "z"], entries.Select(Path));
        Assert.Equal((EntryState.RecordedOnly, "left out for its .nobackup"), (entries[1].State, entries[1].Reason));
        Assert.Equal([".nobackup 0 1 d"], left.Excluded.Select(Text));
        Assert.Equal(6, Walk(new ExcludeRules { Caches = true }).Entries.Count);
    }

    [Fact]
    public void Walk_MarkedRoot_IsAllThereIs()
    {
        Shell.Run(_directory.Path, "touch .nobackup x");
        (List<TreeEntry> entries, Exclusions left) = Walk(new ExcludeRules { Marked = true });
        Assert.Equal(EntryState.RecordedOnly, Assert.Single(entries).State);
        Assert.Equal([".nobackup 0 1 /"], left.Excluded.Select(Text));
    }

    [Fact]
    public void Walk_FileOverTheLimit_IsRecordedAndNeverAFileOfZeros()
    {
        Shell.Run(_directory.Path, "printf 12345 >a; printf 123456 >b; ln b c; truncate -s 1T d");
        (List<TreeEntry> entries, Exclusions left) = Walk(new ExcludeRules { FileBytesMax = 5 });
        Assert.Equal((EntryKind.File, 5L), (entries[1].Kind, entries[1].Size));
        Assert.All(entries.Skip(2), e => Assert.Equal((EntryKind.Unknown, EntryState.RecordedOnly, 0L), (e.Kind, e.State, e.Size)));
        Assert.Equal(["maxFileSize 3 0 b c d"], left.Excluded.Select(Text));
    }

    [Fact]
    public void LookAgain_FileReplacedByAnother_GivesTheNewOne()
    {
        Shell.Run(_directory.Path, "echo old >f; ln f g");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        Assert.True(walker.MoveNext() && walker.MoveNext());
        using FoundFile found = walker.HoldFile();
        Shell.Run(_directory.Path, "echo 'brand new' >n; mv n f");
        Assert.Throws<LinuxException>(found.Open);

        Assert.True(found.LookAgain());
        using (FileReader file = found.Open())
        {
            Assert.Equal(10, file.Size);
        }

        // The other name of what f was is no further name of what f is.
        Assert.True(walker.MoveNext());
        Assert.Equal(("g", EntryKind.File), (Path(walker.Current), walker.Current.Kind));
    }

    [Theory]
    [InlineData("rm f")]
    [InlineData("rm f; mkfifo f")]
    [InlineData("rm f; ln -s g f")]
    public void LookAgain_NoFileThereAnyMore_IsFalseAndTheOtherNameIsReadOnItsOwn(string script)
    {
        Shell.Run(_directory.Path, "echo x >f; ln f g");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        Assert.True(walker.MoveNext() && walker.MoveNext());
        using FoundFile found = walker.HoldFile();
        Shell.Run(_directory.Path, script);

        Assert.False(found.LookAgain());
        found.ForgetLink();
        Assert.True(walker.MoveNext());
        Assert.Equal(EntryKind.File, walker.Current.Kind);
    }

    private static string Path(TreeEntry entry) => TreePath.Display(entry.Path);

    private static string Text(Excluded e) => $"{e.Rule} {e.Files} {e.Directories} {string.Join(' ', e.Examples)}";

    private (List<TreeEntry> Entries, Exclusions Left) Walk(ExcludeRules rules)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions { Rules = rules });
        List<TreeEntry> entries = [];
        while (walker.MoveNext())
        {
            entries.Add(walker.Current);
        }

        return (entries, walker.Exclusions);
    }
}
