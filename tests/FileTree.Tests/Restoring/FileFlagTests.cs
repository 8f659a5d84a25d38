using System.Runtime.InteropServices;
using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>What chattr sets: recorded, restored when asked for, and respected where it is in the way.</summary>
public sealed class FileFlagTests : IDisposable
{
    private static readonly RestoreOptions _flagged = new()
    {
        Id = "test", KeepPrivileges = true, SetFlags = true, Conflicts = ConflictPolicy.Overwrite, Durable = false,
    };

    private readonly TemporaryDirectory _directory = new("/tmp");

    public FileFlagTests() => Shell.Run(_directory.Path, "mkdir source target");

    public void Dispose()
    {
        Shell.Run(_directory.Path, "chattr -R -f -i -a . || true");
        _directory.Dispose();
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task Restore_WithFlags_IsTheSameTreeAndCanBeRunAgain(string under)
    {
        using TemporaryDirectory directory = new(under);
        Shell.Run(directory.Path, "mkdir source target");
        try
        {
            CapturedTree tree = Flagged(directory["source"]);
            Assert.Equal(
                ["None", "Immutable", "AppendOnly", "Immutable, NoDump", "AppendOnly", "NoDump", "Immutable, NoDump", "Immutable, NoDump", "None"],
                tree.Items.Select(item => item.Entry.Flags.ToString()));

            for (int run = 0; run < 2; run++)
            {
                (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(directory["target"], _flagged);

                Assert.All(results, r => Assert.True(r is { Outcome: RestoreOutcome.Restored, Notes.Count: 0 }, $"{r} {string.Join(',', r.Notes)}"));
                Assert.Empty(summary.DirectoryProblems);
                Assert.Equal(tree.Describe(), CapturedTree.Of(directory["target"]).Describe());
            }
        }
        finally
        {
            Shell.Run(directory.Path, "chattr -R -i -a .");
        }
    }

    [Fact]
    public async Task Restore_WithoutFlags_LeavesThemOutAndSaysSoOfThoseThatLock()
    {
        CapturedTree tree = Flagged(_directory["source"]);

        (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_directory["target"], _flagged with { SetFlags = false });

        Assert.All(CapturedTree.Of(_directory["target"]).Items, item => Assert.Equal(FileFlags.None, item.Entry.Flags));
        Assert.Equal(
            ["closed/file: flags left out: append-only", "first: flags left out: immutable", "grows: flags left out: append-only"],
            results.Where(r => r.Notes.Count > 0).Select(Line).Order(StringComparer.Ordinal));
        Assert.Equal("closed: flags left out: immutable", Line(Assert.Single(summary.DirectoryProblems)));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_OntoWhatSomebodyLocked_FailsThoseEntriesAndLeavesNothing(ConflictPolicy policy)
    {
        Shell.Run(_directory.Path, """
            cd target; mkdir dir in adds; echo mine >file; echo mine >in/old; echo mine >extra; echo mine >name
            chattr +i file name in extra; chattr +a adds
            """);
        CapturedTree tree = new();
        tree.Add("", EntryKind.Directory);
        tree.Add("adds", EntryKind.Directory);
        tree.Add("adds/file", EntryKind.File, "new");
        tree.Add("dir", EntryKind.Directory);
        tree.Add("dir/file", EntryKind.File, "new");
        tree.Add("file", EntryKind.File, "new");
        tree.Add("in", EntryKind.Directory);
        tree.Add("in/new", EntryKind.File, "new");
        tree.Add("in/sub", EntryKind.Directory);
        tree.Add("name", EntryKind.Directory);
        string[] before = Names();
        RestoreOptions options = _flagged with { SetFlags = policy == ConflictPolicy.Rename, Conflicts = policy };
        IReadOnlyList<PreviewChange> said = Preview(tree, options);

        (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_directory["target"], options);

        string[] refused = [.. results.Where(r => r.Outcome == RestoreOutcome.Failed).Select(Line).Order(StringComparer.Ordinal)];
        string[] expected = policy == ConflictPolicy.Skip
            ? ["adds/file: its directory is append-only (see chattr)", "in/new: its directory is immutable (see chattr)", "in/sub: its directory is immutable (see chattr)"]
            :
            [
                "adds/file: its directory is append-only (see chattr)", "file: what is there is immutable (see chattr)",
                "in/new: its directory is immutable (see chattr)", "in/sub: its directory is immutable (see chattr)",
                "name: what is there is immutable (see chattr)",
            ];
        Assert.Equal(expected, refused);
        Assert.Equal(((string[])[.. before, "target/dir/file"]).Order(StringComparer.Ordinal), Names().Order(StringComparer.Ordinal));
        Assert.Equal("mine", File.ReadAllText(_directory["target/file"]).Trim());
        string[] deletions = ["extra: what is there is immutable (see chattr)", "in/old: its directory is immutable (see chattr)"];
        bool isMirror = policy == ConflictPolicy.Mirror;
        Assert.Equal(isMirror ? 2 : 0, summary.NotDeleted);
        Assert.Equal(
            ((string[])[.. expected, .. isMirror ? deletions : []]).Order(StringComparer.Ordinal),
            said.Where(c => c.Action == PreviewAction.Fail).Select(c => $"{Encoding.UTF8.GetString(c.Path)}: {c.Detail}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_KilledBetweenNamesAndFlagsAndRunAgain_EndsTheSame(ConflictPolicy policy)
    {
        CapturedTree tree = Flagged(_directory["source"]);
        await tree.RestoreAsync(_directory["target"], _flagged with { SetFlags = false });
        RestoreOptions again = _flagged with { Conflicts = policy };
        IReadOnlyList<PreviewChange> said = Preview(tree, again);

        (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory["target"], again);

        Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
        Assert.Equal(policy == ConflictPolicy.Rename, said.Any(c => c.Detail.EndsWith(", unless it is the same", StringComparison.Ordinal)));
        string[] completed = policy == ConflictPolicy.Skip ? ["closed", "closed/file", "first", "grows", "open"] : [];
        Assert.Equal(completed, said.Where(c => c.Detail.Contains("gets the flags it lacks", StringComparison.Ordinal)).Select(c => Encoding.UTF8.GetString(c.Path)));
        Assert.Equal(completed, results.Where(r => r.Reason.Contains("gets the flags it lacks", StringComparison.Ordinal)).Select(r => Encoding.UTF8.GetString(r.Path)));
        Assert.Equal(tree.Describe(), CapturedTree.Of(_directory["target"]).Describe());
    }

    [Fact]
    public async Task Restore_SkipPolicy_GivesNoFlagsToWhatIsAnother()
    {
        CapturedTree tree = Flagged(_directory["source"]);
        await tree.RestoreAsync(_directory["target"], _flagged with { SetFlags = false });
        Shell.Run(_directory.Path, "cd target; echo longer >first; touch grows closed/file open closed");

        await tree.RestoreAsync(_directory["target"], _flagged with { Conflicts = ConflictPolicy.Skip });

        Assert.All(CapturedTree.Of(_directory["target"]).Items, item => Assert.Equal(FileFlags.None, item.Entry.Flags));
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_KilledAnywhereAndRunAgain_EndsTheSame(ConflictPolicy policy)
    {
        CapturedTree tree = Flagged(_directory["source"]);
        for (int count = 0; count <= tree.Items.Count; count++)
        {
            string target = Shell.Run(_directory.Path, $"mkdir target/{count}; echo target/{count}");
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory[target]);
            TreeRestorer killed = new(root, _flagged with { Conflicts = policy });
            await tree.PushAsync(killed, count);

            (List<RestoreResult> results, _) = await tree.RestoreAsync(_directory[target], _flagged with { Conflicts = policy });

            Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
            Assert.Equal(tree.Describe(), CapturedTree.Of(_directory[target]).Describe());
        }
    }

    /// <summary>As without CAP_LINUX_IMMUTABLE, or on a file system that has no flags.</summary>
    [Fact]
    public void Restore_SystemThatRefuses_SaysSo() => BlockedSystemCall.Run(
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 29u : 16u, Errno.NotPermitted, () =>
        {
            CapturedTree tree = new();
            tree.Add("", EntryKind.Directory);
            tree.Add(new TreeEntry { Path = "f"u8.ToArray(), Kind = EntryKind.File, Flags = FileFlags.Immutable | FileFlags.NoDump }, "x");

            List<RestoreResult> results = tree.RestoreAsync(_directory["target"], _flagged).GetAwaiter().GetResult().Results;

            const string Refused = "f: flags not set: not dumped: Operation not permitted; flags not set: immutable: Operation not permitted";
            Assert.Equal(Refused, Line(results[1]));
            results = tree.RestoreAsync(_directory["target"], _flagged with { Conflicts = ConflictPolicy.Skip }).GetAwaiter().GetResult().Results;
            Assert.Equal((RestoreOutcome.Failed, Refused), (results[1].Outcome, Line(results[1])));
        });

    private static CapturedTree Flagged(string directory)
    {
        Shell.Run(directory, """
            mkdir closed open; echo a >closed/file; echo b >first; ln first other; ln first open/third; echo c >grows; echo d >plain
            touch -d '2001-02-03 04:05:06.7 UTC' closed open closed/file first grows plain .
            chattr +a closed/file grows; chattr +d first open; chattr +i first closed
            """);
        return CapturedTree.Of(directory);
    }

    private IReadOnlyList<PreviewChange> Preview(CapturedTree tree, RestoreOptions options)
    {
        using SafeFileHandle target = DirectoryHandles.OpenRoot(_directory["target"]);
        using TreePreview preview = new(target, options);
        tree.Items.ForEach(item => preview.Take(item.Entry));
        preview.Complete();
        return preview.Changes;
    }

    private string[] Names() => Shell.Run(_directory.Path, "find target | sort").Split('\n');

    private static string Line(RestoreResult result) =>
        $"{Encoding.UTF8.GetString(result.Path)}: {(result.Reason.Length > 0 ? result.Reason : string.Join("; ", result.Notes))}";
}
