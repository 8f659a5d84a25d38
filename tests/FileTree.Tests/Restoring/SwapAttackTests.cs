using System.Text;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;
using K8sBackup.TestKit;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>
/// Somebody who may write to the target keeps exchanging one of its directories with a link to a place outside, in
/// single steps, while the restore runs.
/// </summary>
public sealed class SwapAttackTests : IDisposable
{
    private const uint RenameExchange = 2;
    private const int SwapsMin = 100_000;

    private static readonly int _restores = int.Parse(
        Environment.GetEnvironmentVariable("K8SBACKUP_SWAP_RESTORES") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);

    private readonly TemporaryDirectory _directory = new("/dev/shm");
    private int _swaps;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public Task Restore_WhileADirectoryIsSwappedForALink_WritesNothingOutside(ConflictPolicy policy) => AttackAsync(policy);

    /// <summary>The restorer's calls complete where they are made, so all of them are made on the thread that may not use openat2.</summary>
    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    [InlineData(ConflictPolicy.Mirror)]
    public void Restore_WhileSwappedAndOpenAt2IsRefused_WritesNothingOutside(ConflictPolicy policy) => BlockedSystemCall.Run(
        (uint)Libc.SysOpenAt2, Errno.NotPermitted, () => AttackAsync(policy).GetAwaiter().GetResult());

    private async Task AttackAsync(ConflictPolicy policy)
    {
        Shell.Run(_directory.Path, """
            mkdir -p target/d/e outside/e; echo secret >outside/f; chmod 600 outside/f; chmod 700 outside outside/e
            touch -d '2001-02-03 UTC' outside outside/e outside/f; ln -s ../outside target/link
            """);
        string before = Outside();
        using CancellationTokenSource stop = new();
        Task attacker = Task.Factory.StartNew(() => Swap(stop.Token), TaskCreationOptions.LongRunning);
        int entered = 0;
        int refused = 0;
        try
        {
            for (int round = 0; !attacker.IsCompleted && (round < _restores || Volatile.Read(ref _swaps) < SwapsMin || (refused == 0 && policy == ConflictPolicy.Skip)); round++)
            {
                CapturedTree tree = new();
                tree.Add("d", EntryKind.Directory);
                tree.Add("d/e", EntryKind.Directory);
                tree.Add($"d/e/f{round % 7}", EntryKind.File, "payload");
                tree.Add("d/f", EntryKind.File, "payload");
                tree.Add("d/g", EntryKind.HardLink, target: "d/f");
                RestoreOptions options = new() { Id = "test", Conflicts = policy, Durable = false };
                RestoreResult directory = (await tree.RestoreAsync(_directory["target"], options)).Results[0];
                _ = directory.Outcome == RestoreOutcome.Failed || directory.Reason.StartsWith("something", StringComparison.Ordinal) ? refused++ : entered++;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await attacker;
        }

        Assert.True(entered > 0 && (refused > 0 || policy != ConflictPolicy.Skip), $"{entered} entered, {refused} refused");
        Assert.Equal(before, Outside());
    }

    /// <summary>
    /// The one moment an attack needs: the name was a directory when it was looked at and is a link when it is opened.
    /// The attack above meets it by chance; here it is met every time, with every policy.
    /// </summary>
    [Theory]
    [InlineData(ConflictPolicy.Skip)]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    public void Open_NameThatBecameALinkAfterItWasLookedAt_IsRefused(ConflictPolicy policy)
    {
        Shell.Run(_directory.Path, "mkdir -p target outside/e; ln -s ../outside target/d; ln -s /proc/self/fd target/magic");
        using SafeFileHandle target = DirectoryHandles.OpenRoot(_directory["target"]);
        DirectoryRestorer restorer = new(new RestoreOptions { Id = "test", Conflicts = policy }, new RestoreNames("test"), Metadata.Status(target));

        foreach (byte[] name in (byte[][])[[.. "d"u8], [.. "magic"u8]])
        {
            Assert.Equal(Errno.NotDirectory, Assert.Throws<LinuxException>(() => restorer.Open(target, name)).Error);
            Assert.ThrowsAny<LinuxException>(() => DirectoryHandles.OpenBeneath(target, [.. name, .. "/e"u8]));
        }
    }

    [Fact]
    public async Task Restore_HardLinkToWhatBecameALink_DoesNotNameAnythingOutside()
    {
        Shell.Run(_directory.Path, "mkdir -p target/d outside; echo secret >outside/f; chmod 600 outside/f");
        string before = Outside();
        CapturedTree tree = new();
        tree.Add("d", EntryKind.Directory);
        tree.Add("d/f", EntryKind.File, "payload");
        tree.Add("g", EntryKind.HardLink, target: "d/f");
        using SafeFileHandle target = DirectoryHandles.OpenRoot(_directory["target"]);
        using TreeRestorer restorer = new(target, new RestoreOptions { Id = "test", Durable = false });
        await tree.PushAsync(restorer, 2);
        Shell.Run(_directory.Path, "mv target/d target/away; ln -s ../outside target/d");

        await restorer.BeginEntryAsync(tree.Items[2].Entry, default);
        RestoreResult linked = await restorer.EndEntryAsync(default);
        await restorer.CompleteAsync(default);

        Assert.Equal(RestoreOutcome.Failed, linked.Outcome);
        Assert.False(File.Exists(_directory["target/g"]));
        Assert.Equal(before, Outside());
    }

    private string Outside() => Shell.Run(_directory.Path, "find outside -printf '%p %m %U %n %s %T@ %i\\n' | sort");

    private bool IsLink(string name) => new FileInfo(_directory["target/" + name]).LinkTarget is not null;

    private void Swap(CancellationToken stop)
    {
        using SafeFileHandle target = DirectoryHandles.OpenRoot(_directory["target"]);
        byte[] directory = [(byte)'d', 0];
        byte[] link = [.. "link"u8, 0];
        byte[] outside = [.. "../outside"u8, 0];
        while (!stop.IsCancellationRequested)
        {
            if (LibcRestore.RenameAt2(target, directory, target, link, RenameExchange) == 0)
            {
                // Where the restore put a directory into the place of the link there are two directories now.
                if (Interlocked.Increment(ref _swaps) % 64 == 63 && !IsLink("d") && !IsLink("link"))
                {
                    _ = LibcRestore.RenameAt2(target, link, target, [.. Encoding.ASCII.GetBytes($"away{_swaps}"), 0], 0);
                    _ = LibcRestore.SymlinkAt(outside, target, link);
                }
            }
            else
            {
                // The restore replaced or moved one of the two.
                _ = LibcRestore.SymlinkAt(outside, target, link);
                _ = LibcRestore.MakeDirectoryAt(target, directory, 0x1ed);
            }
        }
    }
}
