using K8sBackup.Repository;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Worlds;

/// <summary>
/// The second part of a world: nothing goes wrong any more. Whoever runs goes on as it is, without a restart or a helping hand: every
/// source is backed up, everything listed is restored, and the store is sound (I3, I8, I9, I10).
/// </summary>
internal sealed class Calm
{
    private const int PruneCyclesMax = 6;
    private const int RestoreAttemptsMax = 3;

    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan WorkMax = TimeSpan.FromHours(2);

    private readonly World _world;

    public Calm(World world) => _world = world;

    public async Task RunAsync(IReadOnlyList<CoordinatorProcess> lives)
    {
        foreach (CoordinatorProcess process in _world.Alive)
        {
            process.Client.Behaviour = StoreBehaviour.Sound;
            process.Clock.Error = TimeSpan.Zero;
        }

        await Task.Delay(Settling, _world.Clock);
        _world.Note("world", "is calm");
        long begin = _world.Scheduler.Now;
        await new Plan(_world, 99, _world.Draw()).RunOnceAsync();
        if (_world.Clock.GetElapsedTime(begin) > WorkMax)
        {
            throw new SimulationException("I3", $"a backup took {_world.Clock.GetElapsedTime(begin)} although nothing was wrong");
        }

        await RestoreEverythingAsync();
        if (_world.Options.Prunes)
        {
            await PruneEverythingAsync();
            await RestoreEverythingAsync();
        }

        if (_world.Options.Copies)
        {
            await new Copies(_world, _world.Draw()).CompleteAsync();
            await RequireSoundAsync(new DirectStore(_world.Copy));
        }

        RequireBounds(lives);
        foreach (CoordinatorProcess process in _world.Alive)
        {
            await process.StopAsync();
        }

        DirectStore store = new(_world.Store);
        await RequireSoundAsync(store);
        await RequireNewerRefusedAsync(store);
    }

    private async Task RestoreEverythingAsync()
    {
        Restores restores = new(_world, _world.Draw());
        for (int attempt = 1; ; attempt++)
        {
            CoordinatorProcess coordinator = await _world.FindCoordinatorAsync();
            try
            {
                foreach (KnownSnapshot snapshot in _world.Oracle.Snapshots)
                {
                    await restores.FetchAsync(coordinator, snapshot);
                }

                await restores.RescueAsync(_world.Oracle.Snapshots, StoreBehaviour.Sound);
                return;
            }
            catch (Exception e) when (Restores.IsExpected(e))
            {
                // One that has just found out that it was replaced ends, and restores go on through the other.
                if (_world.Alive.Contains(coordinator) || attempt == RestoreAttemptsMax)
                {
                    throw new SimulationException("I3", $"not everything restores through {coordinator.Gate.Name}: {e.Message}", e);
                }
            }
        }
    }

    // Space comes back without anybody's help (I3), however often prunes were interrupted.
    private async Task PruneEverythingAsync()
    {
        Prunes prunes = new(_world, _world.Draw());
        for (int cycle = 1; ; cycle++)
        {
            CoordinatorProcess coordinator = await _world.FindCoordinatorAsync();
            PruneReport? report = null;
            try
            {
                report = await prunes.PruneAsync(coordinator, 1);
            }
            catch (Exception e) when (Restores.IsExpected(e))
            {
                _world.Note("prune", $"with {coordinator.Gate.Name}: {e.GetType().Name}: {e.Message}");
            }

            string? left = _world.Oracle.Garbage();
            if (left is null)
            {
                return;
            }

            if (cycle == PruneCyclesMax)
            {
                throw new SimulationException("I3", $"{left} is needed by nothing and still there after {cycle} prunes: {string.Join("; ", report?.Obstacles ?? [])}");
            }

            await Task.Delay(_world.Options.Grace + TimeSpan.FromHours(2), _world.Clock);
        }
    }

    private void RequireBounds(IReadOnlyList<CoordinatorProcess> lives)
    {
        foreach (CoordinatorProcess process in lives.Where(p => p.Client.PacksInFlightMax > _world.Options.PacksInFlight))
        {
            throw new SimulationException("I8", $"{process.Gate.Name} had {process.Client.PacksInFlightMax} packs on their way, at most {_world.Options.PacksInFlight} are allowed");
        }
    }

    private async Task RequireSoundAsync(DirectStore store)
    {
        CheckReport report = await RepositoryChecker.RunAsync(
            store, _world.Keys, new CheckOptions { ReadDataPercent = 100 }, _world.Clock, null, CancellationToken.None);
        if (!report.IsSound)
        {
            throw new SimulationException("I1", $"the check finds {report.ProblemCount} problems: {report.Problems[0].ObjectName} {report.Problems[0].Detail}");
        }
    }

    private async Task RequireNewerRefusedAsync(DirectStore store)
    {
        RepositoryConfig newer = new(_world.Keys.Repository, RepositoryLimits.FormatVersion + 1, _world.Clock.GetUtcNow());
        _world.Store.Replace(ObjectNames.Config, ConfigCodec.Encode(newer, _world.Keys));
        try
        {
            using OpenRepository opened = await OpenRepository.OpenAsync(_world.Saboteur.Wrap(store), _world.Keys, CancellationToken.None);
        }
        catch (RepositoryCorruptException e) when (e.Damage == RepositoryDamage.UnsupportedVersion)
        {
            return;
        }

        throw new SimulationException("I10", "a repository of a newer format was opened");
    }
}
