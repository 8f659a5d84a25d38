using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Pruning;

/// <summary>What a prune is asked to do.</summary>
public sealed record PruneRequest
{
    /// <summary>Restore points that retention lets go. Pinned and damaged ones stay all the same.</summary>
    public IReadOnlyCollection<RestorePointId> Expired { get; init; } = [];

    /// <summary>True for runs that go on: their snapshots have no restore point yet.</summary>
    public Func<RunId, bool> IsGoingOn { get; init; } = static _ => false;

    /// <summary>Chunks to keep besides: what unfinished uploads have stored before a restart.</summary>
    public Func<CancellationToken, IAsyncEnumerable<ChunkId>>? AlsoLive { get; init; }

    /// <summary>True when an operator says that the clock is right although recorded times make it look wrong.</summary>
    public bool TrustClock { get; init; }
}
