using K8sBackup.FileTree.Restoring;
using K8sBackup.FileTree.Tests.Support;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Tests.Restoring;

/// <summary>Somebody who may write to the target swaps its directories for links while the restore runs.</summary>
public sealed class SwapAttackTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("/dev/shm");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(ConflictPolicy.Overwrite)]
    [InlineData(ConflictPolicy.Rename)]
    public async Task Restore_WhileADirectoryIsSwappedForALink_WritesNothingOutside(ConflictPolicy policy)
    {
        Shell.Run(_directory.Path, "mkdir -p target/d/e outside/e; echo secret >outside/f; chmod 600 outside/f; chmod 700 outside outside/e");
        string before = Outside();
        CapturedTree tree = new();
        tree.Add("d", EntryKind.Directory);
        tree.Add("d/e", EntryKind.Directory);
        tree.Add("d/e/f", EntryKind.File, "payload");
        tree.Add("d/f", EntryKind.File, "payload");
        tree.Add("d/g", EntryKind.HardLink, target: "d/f");
        tree.Add("d/s", EntryKind.Symlink, target: "nowhere");
        using CancellationTokenSource stop = new();
        Task<int> attacker = Task.Factory.StartNew(() => Swap(stop.Token), TaskCreationOptions.LongRunning);
        try
        {
            for (int round = 0; round < 3000; round++)
            {
                await tree.RestoreAsync(_directory["target"], new RestoreOptions { Id = "test", Conflicts = policy, Durable = false });
            }
        }
        finally
        {
            await stop.CancelAsync();
        }

        Assert.True(await attacker > 1000);
        Assert.Equal(before, Outside());
    }

    private string Outside() => Shell.Run(_directory.Path, "find outside -printf '%p %m %U %n %s %T@ %i\\n' | sort");

    private int Swap(CancellationToken stop)
    {
        string place = _directory["target/d"];
        string aside = _directory["target/aside"];
        int swaps = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Directory.Move(place, aside);
                File.CreateSymbolicLink(place, _directory["outside"]);
                swaps++;
                File.Delete(place);
                Directory.Move(aside, place);
            }
            catch (IOException)
            {
                Reset(place, aside);
            }
            catch (UnauthorizedAccessException)
            {
                Reset(place, aside);
            }
        }

        return swaps;
    }

    // The restore got in between and put something else there: begin again from a directory.
    private static void Reset(string place, string aside)
    {
        try
        {
            if (new FileInfo(place).LinkTarget is not null || File.Exists(place))
            {
                File.Delete(place);
            }

            if (Directory.Exists(aside) && Directory.Exists(place))
            {
                Directory.Delete(aside, recursive: true);
            }
            else if (!Directory.Exists(place))
            {
                Directory.CreateDirectory(place);
            }
        }
        catch (IOException)
        {
            return;
        }
        catch (UnauthorizedAccessException)
        {
            return;
        }
    }
}
