using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Walking;

/// <summary>A call that is given up is the fault of one entry; the walk goes on with the rest.</summary>
public sealed class HungWalkTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Walk_AnyCallIsGivenUp_OneEntrySaysSoAndNoOtherIsMissing()
    {
        Shell.Run(_directory.Path, """
            mkdir -p a/b/c d e; touch a/1 a/2 a/b/3 a/b/c/4 d/5 6 z; ln -s nowhere link; ln -s nowhere a/link
            for i in $(seq 70); do touch e/$i; done
            """);
        CountedCalls counted = new(int.MaxValue, runs: true);
        List<TreeEntry> all = Walk(counted);
        Assert.Equal(85, all.Count);
        // Far fewer calls than entries: names are looked at together.
        Assert.InRange(counted.Made, 10, 40);
        // Each look has the time of a call, so it must be seen that they come along.
        Assert.Equal(64, counted.StepsMost);

        foreach (bool runs in (bool[])[false, true])
        {
            for (int nth = 3; nth <= counted.Made; nth++)
            {
                List<TreeEntry> entries = Walk(new CountedCalls(nth, runs));
                TreeEntry? hung = entries.SingleOrDefault(e => e.State != EntryState.Captured);
                Assert.True(hung is null ? runs : hung is { State: EntryState.Unreadable, Reason: "hung" }, $"call {nth}: {hung}");
                IEnumerable<string> missing = all.Select(Name).Except(entries.Select(Name));
                Assert.All(missing, name => Assert.StartsWith(Name(hung!) + "/", name, StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Walk_RootIsGivenUp_IsAFault(int nth) =>
        Assert.Equal("hung", Assert.Throws<IOException>(() => Walk(new CountedCalls(nth, runs: false))).Message);

    [Fact]
    public void Walk_NamesAfterALongRead_AreLookedAtAfresh()
    {
        Shell.Run(_directory.Path, "echo one >a; echo two >b; echo three >c");
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, new WalkOptions());
        Assert.True(walker.MoveNext() && walker.MoveNext());
        Shell.Run(_directory.Path, "echo longer >>b; rm c");

        walker.LookAfresh();

        Assert.True(walker.MoveNext());
        Assert.Equal(("b", 11L), (Name(walker.Current), walker.Current.Size));
        Assert.True(walker.MoveNext());
        Assert.Equal(("c", EntryState.Vanished), (Name(walker.Current), walker.Current.State));
        Assert.False(walker.MoveNext());
    }

    [Fact]
    public void Walk_WhatIsLeftOut_IsNotLookedAt()
    {
        Shell.Run(_directory.Path, "mkdir keep dead; touch keep/f dead/g dead.file");
        CountedCalls calls = new(int.MaxValue, runs: true);
        Assert.Equal(["", "keep", "keep/f"], Walk(calls, new WalkOptions { Rules = new() { Patterns = ["dead*"] } }).Select(Name));
        // The root, what is in it, what keep is and has, and what is in it.
        Assert.Equal(5, calls.Made);
    }

    private static string Name(TreeEntry entry) => Encoding.UTF8.GetString(entry.Path);

    private List<TreeEntry> Walk(IWalkCalls calls, WalkOptions? options = null)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_directory.Path);
        using TreeWalker walker = new(root, options ?? new WalkOptions(), calls);
        List<TreeEntry> entries = [];
        while (walker.MoveNext())
        {
            entries.Add(walker.Current);
        }

        return entries;
    }

    /// <summary>Gives the n-th call up: one that never ran, or one that ends after all when nobody waits for it any more.</summary>
    private sealed class CountedCalls(int nth, bool runs) : IWalkCalls
    {
        public int Made { get; private set; }

        /// <summary>Most steps a call said it had done at its end.</summary>
        public int StepsMost { get; private set; }

        public T Run<T>(Func<T> call, Func<int>? progress = null)
        {
            if (++Made != nth)
            {
                T result = call();
                StepsMost = Math.Max(StepsMost, progress?.Invoke() ?? 0);
                return result;
            }

            if (runs)
            {
                (call() as IDisposable)?.Dispose();
            }

            throw new IOException("hung");
        }
    }
}
