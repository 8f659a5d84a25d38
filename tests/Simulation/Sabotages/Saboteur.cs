using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.Simulation.Store;
using K8sBackup.Simulation.Worlds;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>Takes one safeguard away, by what it puts between the programs and their surroundings. Does nothing unless asked to.</summary>
internal sealed class Saboteur
{
    private readonly World _world;
    private readonly Sabotage _kind;

    public Saboteur(World world)
    {
        _world = world;
        _kind = world.Options.Sabotage;
        world.Store.Overwrites = _kind == Sabotage.CreateOnlyIgnored;
    }

    /// <summary>The store of a process.</summary>
    public IObjectStore Wrap(StoreClient client, TimeProvider clock) => _kind switch
    {
        Sabotage.PacksNotAwaited => new HastyStore(client, clock),
        Sabotage.LockNeeded => new LockingStore(client),
        Sabotage.FencingIgnored => new UnfencedStore(client),
        Sabotage.SnapshotsNotListedAgain => new OutdatedStore(client),
        Sabotage.WritesNotProved => new LyingStore(client),
        _ => client,
    };

    /// <summary>The store read by a newcomer.</summary>
    public IObjectStore Wrap(DirectStore store) => _kind == Sabotage.VersionIgnored ? new VersionBlindStore(store, _world.Keys) : store;

    /// <summary>The two stores of a process that copies.</summary>
    public (IObjectStore Source, IObjectStore Copy) WrapCopy(StoreClient source, StoreClient copy, TimeProvider clock) => _kind switch
    {
        Sabotage.CopiesNotAwaited => (source, new HastyCopy(copy, clock)),
        _ => (source, copy),
    };

    public IChunkSource ReaderOf(OpenRepository repository) =>
        _kind == Sabotage.ReadsNotAuthenticated ? new CredulousReader(repository) : new ChunkReader(repository);

    public RepositoryWriterOptions Options(RepositoryWriterOptions options) =>
        _kind == Sabotage.PacksUnbounded ? options with { PacksInFlightMax = 16 } : options;

    public PruneOptions Options(PruneOptions options) =>
        _kind == Sabotage.GraceIgnored ? options with { Grace = TimeSpan.Zero, Settle = TimeSpan.Zero } : options;

    public bool TrustsClock => _kind == Sabotage.ClockBelieved;

    /// <summary>The run an attempt is made under.</summary>
    public RunId RunOf(RunId run) => _kind == Sabotage.WorkRenamed ? RunId.Create(_world.Clock) : run;

    /// <summary>An agent says that it had a chunk before.</summary>
    public void Claim(CoordinatorProcess coordinator, string work, ChunkId chunk)
    {
        if (_kind == Sabotage.ClaimsBelieved)
        {
            using FileStream ledger = new(Path.Combine(coordinator.Ledgers, $"{work}.chunks"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            ledger.Write(chunk.ToArray());
        }
    }
}
