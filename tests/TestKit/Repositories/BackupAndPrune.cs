using System.Globalization;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;

namespace K8sBackup.TestKit.Repositories;

/// <summary>Everything that changes a repository, in small: a backup, and a prune that keeps few restore points and deletes at once.</summary>
public static class BackupAndPrune
{
    private const int KeptPoints = 2;

    /// <summary>Backs up the files of a seed as a source named after it, then prunes.</summary>
    public static async Task RunAsync(RepositoryWriter writer, int seed, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(writer);
        await TestBackup.BackUpAsync(
            writer, TestBackup.Files(seed), TestBackup.Source with { Name = seed.ToString(CultureInfo.InvariantCulture) }, clock);
        List<RestorePointEntry> points = await writer.Repository.Catalog.RestorePointsAsync(default).ToListAsync();
        PruneRequest request = new() { Expired = [.. points.Skip(KeptPoints).Select(p => p.Id!.Value)] };
        PruneOptions pruning = new() { Grace = TimeSpan.Zero, Settle = TimeSpan.Zero };
        await new RepositoryPruner(writer, pruning, clock).RunAsync(request, null, default);
    }
}
