using System.Collections;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// The chunks an upload may reference, and the only ones that are read for it: what it asks beyond them is refused
/// before the repository is asked, so that the answer is the same whether another node has such a chunk or nobody.
/// Notes everything that was asked for.
/// </summary>
internal sealed class OwnedChunks : IChunkSource
{
    private readonly IChunkSource _repository;
    private readonly ChunkIdSet _allowed;
    private readonly BitArray _referenced;

    /// <param name="repository">Where chunks are read.</param>
    /// <param name="allowed">The chunks that may be referenced; complete and sealed.</param>
    public OwnedChunks(IChunkSource repository, ChunkIdSet allowed)
    {
        _repository = repository;
        _allowed = allowed;
        _referenced = new BitArray(allowed.Count);
    }

    /// <summary>The chunks that were read or required, ascending, each once.</summary>
    public IEnumerable<ChunkId> Referenced()
    {
        for (int i = 0; i < _referenced.Length; i++)
        {
            if (_referenced[i])
            {
                yield return _allowed[i];
            }
        }
    }

    /// <exception cref="NotOwnedException">The chunk may not be referenced.</exception>
    public void Require(ChunkId id)
    {
        int index = _allowed.IndexOf(id);
        if (index < 0)
        {
            throw new NotOwnedException(id);
        }

        _referenced[index] = true;
    }

    /// <exception cref="NotOwnedException">The chunk may not be referenced.</exception>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        Require(id);
        return _repository.ReadAsync(id, cancellationToken);
    }
}
