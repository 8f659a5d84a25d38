using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Transport.V1;
using Grpc.Core;
using SnapshotOutcome = K8sBackup.Model.Manifests.SnapshotOutcome;

namespace K8sBackup.Simulation.Worlds;

/// <summary>
/// Runs of all sources, one after the other, as the run engine makes them: every source until its snapshot is committed, then the
/// restore point, all under ids that stay the same whoever is killed in between.
/// </summary>
internal sealed class Plan
{
    private const int AttemptsMax = 400;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly World _world;
    private readonly string _name;
    private readonly Random _random;

    public Plan(World world, int number, int seed)
    {
        _world = world;
        _name = $"plan-{number}";
        _random = new Random(seed);
    }

    public async Task RunAsync()
    {
        for (int i = 0; i < _world.Options.Runs; i++)
        {
            await RunOnceAsync();
            await Task.Delay(_world.Options.Prunes ? _world.Options.Grace * _random.NextDouble() : TimeSpan.FromSeconds(_random.Next(1, 3600)), _world.Clock);
        }
    }

    /// <summary>One run of all sources, to its restore point.</summary>
    public async Task RunOnceAsync()
    {
        RunId run = RunId.Create(_world.Clock);
        RestorePointId point = RestorePointId.Create(_world.Clock);
        DateTimeOffset startedAt = _world.Clock.GetUtcNow();
        await Until(() => _world.Options.PrunesBesideRuns || !_world.IsPruning);
        _world.RunsGoingOn.Add(run);
        _world.Busy++;
        Task<SnapshotId>[] backups = [.. _world.Sources.Select(source => BackUpAsync(run, source, startedAt))];
        SnapshotId[] snapshots = await Task.WhenAll(backups);
        RestorePointManifest manifest = new()
        {
            Id = point,
            Cluster = World.Cluster,
            Plan = _name,
            Run = run,
            StartedAt = startedAt,
            FinishedAt = _world.Clock.GetUtcNow(),
            Outcome = SnapshotOutcome.Completed,
            Sources = [.. _world.Sources.Select((s, i) => new SourceResult(s.Key, snapshots[i], SnapshotOutcome.Completed, null))],
        };
        await UntilDoneAsync($"restore point {point}", async coordinator =>
        {
            await _world.Scheduler.Start(() => coordinator.Points.CommitAsync(manifest, CancellationToken.None)).WaitAsync(Patience, _world.Clock, coordinator.Gate.Gone);
            _world.Oracle.ClaimPoint(coordinator.Gate.Name, point);
        });
        _world.End(run);
        _world.Busy--;
    }

    private async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMinutes(1), _world.Clock);
        }
    }

    private async Task<SnapshotId> BackUpAsync(RunId run, SourceModel source, DateTimeOffset startedAt)
    {
        Dictionary<string, byte[][]> parts = source.Change().ToDictionary(
            f => f.Key, f => f.Value.Select(n => _world.Pool[n]).ToArray(), StringComparer.Ordinal);
        BackupRecord record = new(source.Key, parts);
        SnapshotId committed = default;
        await UntilDoneAsync($"backup of {source.Key}", async coordinator =>
            committed = await AttemptAsync(coordinator, new BackupWork(run, _name, source.Key, startedAt), source, record));
        return committed;
    }

    private async Task<SnapshotId> AttemptAsync(CoordinatorProcess coordinator, BackupWork work, SourceModel source, BackupRecord record)
    {
        RunId run = _world.Saboteur.RunOf(work.Run);
        _world.Oracle.Expect(run, record);
        WorkItem item = coordinator.Board.Add(WorkItem.ForBackup(work with { Run = run }, new BackupTask()));
        using CancellationTokenSource connection = CancellationTokenSource.CreateLinkedTokenSource(coordinator.Gate.Gone);
        bool isCut = _world.IsStormy && _random.Next(100) < _world.Options.CutChance;
        bool hostile = _world.IsStormy && _random.Next(100) < _world.Options.HostileChance;
        TimeSpan cutAfter = isCut ? TimeSpan.FromMilliseconds(_random.Next(1, 60_000)) : Patience;
        await using ITimer cut = _world.Clock.CreateTimer(_ => connection.Cancel(), null, cutAfter, Timeout.InfiniteTimeSpan);
        SimulatedUpload upload = new(_world, coordinator, source, record, item, new Random(_random.Next()), connection.Token);
        try
        {
            SnapshotId committed = await upload.RunAsync(hostile);
            _world.FinishedWork.Add(item.WorkId);
            return committed;
        }
        finally
        {
            await connection.CancelAsync();
        }
    }

    // What agents and the run engine do: again, after a while, with whatever coordinator answers.
    private async Task UntilDoneAsync(string what, Func<CoordinatorProcess, Task> attempt)
    {
        for (int i = 1; ; i++)
        {
            CoordinatorProcess coordinator = await _world.FindCoordinatorAsync();
            try
            {
                _world.Note(_name, $"{what}, attempt {i}, with {coordinator.Gate.Name}");
                await attempt(coordinator);
                _world.Note(_name, $"{what}: done");
                return;
            }
            catch (Exception e) when (e is BackupException or RpcException or IOException or OperationCanceledException or TimeoutException)
            {
                _world.Note(_name, $"{what}: {e.GetType().Name}: {e.Message}");
                if (i == AttemptsMax)
                {
                    throw new SimulationException("I3", $"{what} did not succeed in {i} attempts: {e.Message}", e);
                }
            }

            await Task.Delay(TimeSpan.FromSeconds(_random.Next(1, 60)), _world.Clock);
        }
    }
}
