using System.Runtime.CompilerServices;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Pruning;

namespace K8sBackup.Simulation.Worlds;

/// <summary>Lets old restore points go and prunes, now and then, beside everything else.</summary>
internal sealed class Prunes
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(3);

    private readonly World _world;
    private readonly Random _random;

    public Prunes(World world, int seed)
    {
        _world = world;
        _random = new Random(seed);
    }

    public async Task RunWhileStormyAsync()
    {
        while (_world.IsStormy && _world.Options.Prunes)
        {
            await Task.Delay(_world.Options.Grace * (_world.Options.CrashInPrune ? 1.1 : 0.1 + (0.7 * _random.NextDouble())), _world.Clock);
            if (!_world.IsStormy)
            {
                return;
            }

            CoordinatorProcess coordinator = await _world.FindCoordinatorAsync();
            if (!_world.Options.PrunesBesideRuns && _world.RunsGoingOn.Count > 0)
            {
                continue;
            }

            try
            {
                await PruneAsync(coordinator, _random.Next(1, 4));
            }
            catch (Exception e) when (Restores.IsExpected(e) || e is PruneBusyException)
            {
                _world.Note("prune", $"with {coordinator.Gate.Name}: {e.GetType().Name}: {e.Message}");
            }
        }
    }

    /// <summary>One prune that keeps the newest restore points of each plan.</summary>
    public async Task<PruneReport> PruneAsync(CoordinatorProcess coordinator, int keptOfPlan)
    {
        RestorePointId[] expired = [.. _world.Oracle.Points
            .GroupBy(p => p.Plan)
            .SelectMany(plan => plan.OrderByDescending(p => p.StartedAt).Skip(keptOfPlan))
            .Select(p => p.Id)];
        _world.Oracle.Release(expired);
        _world.Busy++;
        _world.IsPruning = true;
        coordinator.Crash?.InPrune();
        try
        {
            _world.Note("prune", $"begins with {coordinator.Gate.Name}, {expired.Length} restore points go");
            PruneReport report = await _world.Scheduler.Start(() => PruneAsync(coordinator, expired)).WaitAsync(Patience, _world.Clock, coordinator.Gate.Gone);
            _world.Note("prune", $"done: {report.Deleted.Packs} packs deleted, {report.Condemned.Packs} condemned, {string.Join("; ", report.Obstacles)}");
            return report;
        }
        finally
        {
            _world.Busy--;
            _world.IsPruning = false;
        }
    }

    private async Task<PruneReport> PruneAsync(CoordinatorProcess coordinator, IReadOnlyCollection<RestorePointId> expired)
    {
        using RepositoryLease lease = await coordinator.Access.EnterToWriteAsync(CancellationToken.None);
        try
        {
            PruneOptions options = _world.Saboteur.Options(new PruneOptions
            {
                Grace = _world.Options.Grace,
                RepackThresholdPercent = _world.Options.RepackPercent,
                PacksPerSnapshotMin = 1 + (_world.Options.Seed % 16),
            });
            PruneRequest request = new()
            {
                Expired = expired,
                IsGoingOn = _world.IsGoingOn,
                TrustClock = _world.Saboteur.TrustsClock,
                AlsoLive = token => ReadLedgersAsync(coordinator.Ledgers, token),
            };
            PruneReport report = await new RepositoryPruner(lease.Writer, options, coordinator.Clock).RunAsync(request, null, CancellationToken.None);
            coordinator.Snapshots.Forget(report.Snapshots);
            return report;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    // What unfinished work has stored.
    private async IAsyncEnumerable<ChunkId> ReadLedgersAsync(string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Those a crash left behind of finished work go by their age, which nothing here has.
        IEnumerable<string> unfinished = Directory.GetFiles(directory).Where(path => !_world.FinishedWork.Contains(Path.GetFileNameWithoutExtension(path)));
        foreach (string path in unfinished.Order(StringComparer.Ordinal))
        {
            byte[] content = await File.ReadAllBytesAsync(path, cancellationToken);
            for (int at = 0; at + ChunkId.Bytes <= content.Length; at += ChunkId.Bytes)
            {
                yield return new ChunkId(content.AsSpan(at, ChunkId.Bytes));
            }
        }
    }
}
