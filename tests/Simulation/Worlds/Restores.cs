using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Simulation.Oracles;
using K8sBackup.Simulation.Scheduling;
using K8sBackup.Simulation.Store;
using K8sBackup.Transport.V1;

namespace K8sBackup.Simulation.Worlds;

/// <summary>Restores snapshots, through a coordinator as agents do and from the store alone as a rescue does, and compares every byte.</summary>
internal sealed class Restores
{
    private readonly World _world;
    private readonly Random _random;
    private int _rescues;

    public Restores(World world, int seed)
    {
        _world = world;
        _random = new Random(seed);
    }

    /// <summary>Restores something now and then. It may fail while things go wrong; it must never give anything false.</summary>
    public async Task RunWhileStormyAsync()
    {
        while (_world.IsStormy)
        {
            await Task.Delay(Pause(), _world.Clock);
            IReadOnlyList<KnownSnapshot> snapshots = _world.Oracle.Snapshots;
            if (snapshots.Count == 0)
            {
                continue;
            }

            KnownSnapshot snapshot = snapshots[_random.Next(snapshots.Count)];
            try
            {
                if (_random.Next(3) == 0)
                {
                    await RescueAsync([snapshot], _world.Options.Store);
                }
                else if (_world.Alive.LastOrDefault(p => p.IsOpen) is { } coordinator)
                {
                    await FetchAsync(coordinator, snapshot);
                }
            }
            catch (Exception e) when (IsExpected(e))
            {
                _world.Note("restore", $"{snapshot}: {e.GetType().Name}: {e.Message}");
            }
        }
    }

    // Where prunes wait for days, a restore now and then is enough.
    private TimeSpan Pause() => _world.Options.Prunes && _world.RunsGoingOn.Count == 0 && !_world.IsPruning
        ? _world.Options.Grace * (0.2 * _random.NextDouble())
        : TimeSpan.FromSeconds(_random.Next(5, 1200));

    /// <summary>Failures that are answers; anything else is a defect.</summary>
    public static bool IsExpected(Exception e) =>
        e is BackupException or RpcException or IOException or OperationCanceledException or TimeoutException || StoreFailures.IsStoreFault(e);

    /// <summary>Restores on the node of the source, through the coordinator's delivery.</summary>
    public async Task FetchAsync(CoordinatorProcess coordinator, KnownSnapshot snapshot)
    {
        SourceModel source = _world.Sources.Single(s => s.Key == snapshot.Manifest.Source);
        RestoreWork work = new(RestoreId.Create(_world.Clock), snapshot.Manifest.Id, source.Key, []);
        WorkItem item = coordinator.Board.Add(WorkItem.ForRestore(source.Key.Node, work, new RestoreTask()));
        using CancellationTokenSource connection = CancellationTokenSource.CreateLinkedTokenSource(coordinator.Gate.Gone);
        await using ITimer patience = _world.Clock.CreateTimer(_ => connection.Cancel(), null, TimeSpan.FromMinutes(30), Timeout.InfiniteTimeSpan);
        await RequireForeignersRefusedAsync(coordinator, item, source, connection.Token);
        Pipe<RestoreMessage> messages = new();
        Task call = _world.Scheduler.Start(async () =>
        {
            try
            {
                await coordinator.Downloads.Fetch(
                    new FetchRequest { WorkId = item.WorkId }, messages, new SimulatedCall(source.Agent, connection.Token));
                messages.Complete();
            }
#pragma warning disable CA1031 // Not swallowed: it is the status the agent gets.
            catch (Exception e)
#pragma warning restore CA1031
            {
                messages.Complete(e);
            }
        });
        RestoredFiles files = new();
        while (await messages.MoveNext(connection.Token))
        {
            files.Take(messages.Current);
        }

        await call;
        coordinator.Board.Remove(item.WorkId);
        if (!files.IsComplete || files.Loss is not null)
        {
            throw new IOException(files.Loss ?? "The stream ended without Done.");
        }

        SnapshotReader.RequireSame(snapshot.Manifest, files.Contents, snapshot.Files);
    }

    /// <summary>Restores with nothing but the store and the keys.</summary>
    public async Task RescueAsync(IReadOnlyList<KnownSnapshot> snapshots, StoreBehaviour behaviour)
    {
        ProcessGate gate = new($"rescue-{++_rescues}");
        StoreClient client = new(_world.Store, _world.Scheduler, gate, _random.Next(), _world.Trace) { Behaviour = behaviour };
        using OpenRepository repository = await OpenRepository.OpenAsync(client, _world.Keys, CancellationToken.None);
        foreach (KnownSnapshot snapshot in snapshots)
        {
            SnapshotManifest manifest = await repository.Catalog.GetSnapshotAsync(snapshot.Manifest.Id, CancellationToken.None)
                ?? throw new IOException($"Snapshot {snapshot} is not there.");
            await SnapshotReader.RequireContentAsync(_world.Saboteur.ReaderOf(repository), manifest, snapshot.Files);
        }
    }

    // I7: neither the agent of another node nor one with another role gets it.
    private async Task RequireForeignersRefusedAsync(CoordinatorProcess coordinator, WorkItem item, SourceModel source, CancellationToken connection)
    {
        SourceModel? other = _world.Sources.FirstOrDefault(s => s.Key.Node != source.Key.Node);
        if (other is null)
        {
            return;
        }

        Pipe<RestoreMessage> stolen = new();
        try
        {
            await coordinator.Downloads.Fetch(new FetchRequest { WorkId = item.WorkId }, stolen, new SimulatedCall(other.Agent, connection));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            return;
        }

        throw new SimulationException("I7", $"{coordinator.Gate.Name} gave {other.Agent} a snapshot of {source.Key}");
    }
}
