using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>A dry run says what the restore then does, and changes nothing.</summary>
public sealed class PreviewTests : IDisposable
{
    private readonly TemporaryDirectory _source = new("/tmp");
    private readonly TemporaryDirectory _target = new("/tmp");

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Preview_ThenRestore_AreOfOneMind(ConflictPolicy policy)
    {
        Shell.Run(_source.Path, """
            mkdir -p a/b new/dir wasfile; echo 1 >a/1; echo 2 >a/b/2; echo 3 >new/dir/3; ln -s x new/soft; echo f >wasdir; echo i >wasfile/i; mknod null c 1 3; echo same >same
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'; touch -d '2001-02-03 UTC' same
            """);
        Shell.Run(_target.Path, "mkdir -p a/b wasdir/deep; echo old >a/1; touch a/extra zz wasdir/deep/f; ln -s /etc wasfile; cp -p " + _source["same"] + " same");
        CapturedTree tree = CapturedTree.Of(_source.Path);
        List<string> before = CapturedTree.Of(_target.Path).Describe();
        RestoreOptions options = new() { Id = "test", Conflicts = policy, Durable = false };

        (PreviewCounts counts, List<PreviewChange> changes) = Preview(tree, _target.Path, options);

        Assert.Equal(before, CapturedTree.Of(_target.Path).Describe());
        HashSet<string> existing = [.. before.Select(line => line.Split(' ')[0])];
        (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_target.Path, options);
        Assert.Equal(summary.Deleted, counts.Delete);
        Assert.Equal(summary.Failed, counts.Fail);
        Assert.Equal(results.Count(r => r.Outcome == RestoreOutcome.Restored && existing.Contains(Name(r.Path)) && !IsDirectory(tree, r.Path)), counts.Replace - ReplacedByDirectory(policy));
        Assert.Equal(results.Count(r => r.Outcome == RestoreOutcome.Restored && !existing.Contains(Name(r.Path))), counts.Create);
        Assert.Equal(policy == ConflictPolicy.Skip ? 0 : 1, counts.Alike);
        Assert.Equal(counts.Delete, changes.Count(c => c.Action == PreviewAction.Delete));
        foreach (RestoreResult failed in results.Where(r => r.Outcome == RestoreOutcome.Failed))
        {
            Assert.Equal(PreviewAction.Fail, changes.Single(c => c.Path.SequenceEqual(failed.Path)).Action);
        }
    }

    [Fact]
    public void Preview_TargetThatIsNotThere_CreatesEverything()
    {
        Shell.Run(_source.Path, "mkdir d; echo 12345 >d/f");
        (PreviewCounts counts, List<PreviewChange> changes) = Preview(CapturedTree.Of(_source.Path), null, new RestoreOptions { Id = "test", Conflicts = ConflictPolicy.Mirror });
        Assert.Equal((2L, 6L, 0L), (counts.Create, counts.CreateBytes, counts.Delete));
        Assert.Equal(["d", "d/f"], changes.Select(c => Name(c.Path)));
    }

    [Fact]
    public void Preview_ManyChanges_CountsAllAndKeepsTheFirst()
    {
        Shell.Run(_target.Path, "touch {10000..13999}");
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        for (int i = 20_000; i < 23_000; i++)
        {
            tree.Add($"{i}", EntryKind.File);
        }

        (PreviewCounts counts, List<PreviewChange> changes) = Preview(tree, _target.Path, new RestoreOptions { Id = "test", Conflicts = ConflictPolicy.Mirror });
        Assert.Equal((3000L, 4000L), (counts.Create, counts.Delete));
        Assert.Equal(2 * TreePreview.ChangesMax, changes.Count);
    }

    [Fact]
    public void Preview_HostileEntries_AreFailuresAndNothingIsDeletedAfterThem()
    {
        Shell.Run(_target.Path, "touch x; ln -s /etc out");
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("../evil", EntryKind.File, "x");
        tree.Add("out/evil", EntryKind.File, "x");
        (PreviewCounts counts, _) = Preview(tree, _target.Path, new RestoreOptions { Id = "test", Conflicts = ConflictPolicy.Mirror });
        Assert.Equal((2L, 0L), (counts.Fail, counts.Delete));
    }

    private static (PreviewCounts Counts, List<PreviewChange> Changes) Preview(CapturedTree tree, string? directory, RestoreOptions options)
    {
        using SafeFileHandle? root = directory is null ? null : DirectoryHandles.OpenRoot(directory);
        using TreePreview preview = new(root, options);
        foreach ((TreeEntry entry, _) in tree.Items)
        {
            preview.Take(entry);
        }

        preview.Complete();
        return (preview.Counts, [.. preview.Changes]);
    }

    // The directory that takes the place of a link: restored, a directory, and a replacement.
    private static int ReplacedByDirectory(ConflictPolicy policy) => policy == ConflictPolicy.Skip ? 0 : 1;

    private static bool IsDirectory(CapturedTree tree, byte[] path) =>
        tree.Items.Any(item => item.Entry.Kind == EntryKind.Directory && item.Entry.Path.SequenceEqual(path));

    private static string Name(byte[] path) => Encoding.UTF8.GetString(path);
}
