using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Ids;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>What a restore left that was killed and is over, the next one cleans up; what is not its own to clean, it leaves.</summary>
public sealed class LeftoverTests : IDisposable
{
    private static readonly ManualTimeProvider _clock = new();
    private static readonly string _first = Id("r-");
    private static readonly string _second = Id("r-");
    private static readonly string _third = Id("rescue-");

    private readonly TemporaryDirectory _directory = new("/tmp");

    public LeftoverTests() => Shell.Run(_directory.Path, """
        mkdir -p source/a/b source/c target; cd source; echo 1 >a/1; echo 2 >a/b/2; ln a/1 c/hard; ln -s x c/soft; echo 3 >c/z; chmod 751 a a/b; chmod 2770 c
        touch -d '2001-02-03 04:05:06.7 UTC' a a/b c .
        """);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_AfterAnotherWasKilledAnywhere_EndsTheSame(ConflictPolicy policy)
    {
        CapturedTree tree = CapturedTree.Of(_directory["source"]);
        for (int count = 0; count <= tree.Items.Count; count++)
        {
            string target = Shell.Run(_directory.Path, $"mkdir target/{count}; echo target/{count}");
            using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory[target]);
            await KillAsync(root, tree, _first, policy, count);
            await KillAsync(root, tree, _second, policy, count);

            (List<RestoreResult> results, RestoreSummary summary) = await tree.RestoreAsync(_directory[target], Options(_third, policy));

            Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
            Assert.Equal(0, summary.Deleted);
            List<string> there = CapturedTree.Of(_directory[target]).Describe();
            Assert.Equal(tree.Describe(), there.Where(l => !l.Contains(".kb-before-", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public async Task Restore_BesideNamesThatLookAlike_LeavesThem(ConflictPolicy policy)
    {
        string digits = "0123456789abcdef";
        string[] running = [$".kb-{_first}.{digits}", $".kb-{_first}.directory", $".kb-{Id("r-")}.{digits}"];
        string[] others =
        [
            $".kb-{_second}.{digits}0", $".kb-{_second}.{digits[1..]}x", $".kb-{_second}", $"kb-{_second}.{digits}", $".kb-{_second[2..]}.{digits}",
            $".kb-r-{digits}.{digits}", $"name.kb-before-{_second}", ".kb-.directory", ".kb-directory", $".kb-{_second}.Directory",
        ];
        string directory = $".kb-{_second}.fedcba9876543210";
        Shell.Run(_directory["target"], $"mkdir a; cd a; touch {string.Join(' ', [.. running, .. others])} .kb-{_second}.{digits}; mkdir {directory}");

        RestoreOptions options = Options(_third, policy) with { Running = [_first] };
        (List<RestoreResult> results, _) = await CapturedTree.Of(_directory["source"]).RestoreAsync(_directory["target"], options);

        Assert.DoesNotContain(results, r => r.Outcome == RestoreOutcome.Failed);
        string[] left = [.. Directory.GetFileSystemEntries(_directory["target/a"]).Select(path => Path.GetFileName(path)!).Where(name => name.Contains("kb-", StringComparison.Ordinal))];
        string[] expected = policy == ConflictPolicy.Mirror ? running : [.. running, .. others, directory];
        Assert.Equal(expected.Order(StringComparer.Ordinal), left.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Restore_WithAnIdThatTellsNoTime_LeavesEverybodysNames()
    {
        Shell.Run(_directory["target"], $"touch .kb-{_first}.0123456789abcdef");

        await CapturedTree.Of(_directory["source"]).RestoreAsync(_directory["target"], Options("test", ConflictPolicy.Overwrite));

        Assert.True(File.Exists(_directory[$"target/.kb-{_first}.0123456789abcdef"]));
    }

    private static RestoreOptions Options(string id, ConflictPolicy policy) =>
        new() { Id = id, Conflicts = policy, KeepPrivileges = true, Durable = false };

    // Not disposed of, in the middle of a file.
    private static async Task KillAsync(SafeFileHandle root, CapturedTree tree, string id, ConflictPolicy policy, int count)
    {
        TreeRestorer killed = new(root, Options(id, policy));
        await tree.PushAsync(killed, count);
        if (count < tree.Items.Count)
        {
            await killed.BeginEntryAsync(tree.Items[count].Entry, default);
        }
    }

    private static string Id(string prefix)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return prefix + SortableId.Create(_clock);
    }
}
