using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// One upload, from before it learns what the repository has until after its manifest is committed. What it refers to is not deleted
/// while it lasts, even when a prune condemns it meanwhile. Dispose it when the upload is over, however it ended.
/// </summary>
public sealed class WriterSession : IDisposable
{
    private readonly WriterSessions _owner;
    private readonly ChunkIndex _index;
    private readonly MasterKeys _keys;

    internal WriterSession(WriterSessions owner, ChunkIndex index, MasterKeys keys, long beganAt, uint firstPack)
    {
        _owner = owner;
        _index = index;
        _keys = keys;
        BeganAt = beganAt;
        FirstPack = firstPack;
    }

    internal long BeganAt { get; }

    internal uint FirstPack { get; }

    // Guarded by the owner.
    internal HashSet<SnapshotId> Held { get; } = [];

    /// <summary>True when the upload may refer to the chunk: it is there, and was not condemned before the upload began.</summary>
    public bool MayRefer(ChunkId chunk) => _index.MayRefer(StoreChunkId.Of(chunk, _keys), BeganAt);

    /// <summary>Keeps a snapshot (a parent) from being deleted while the upload lasts; false when it is about to be deleted.</summary>
    public bool TryHold(SnapshotId snapshot) => _owner.TryHold(this, snapshot);

    public void Dispose() => _owner.End(this);

    internal bool BelongsTo(WriterSessions sessions) => ReferenceEquals(_owner, sessions);
}
