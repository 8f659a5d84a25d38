using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>A tree references a chunk this agent may not reference, or one that does not exist: it is not told which.</summary>
internal sealed class NotOwnedException : Exception
{
    public NotOwnedException(ChunkId chunk)
        : base($"Chunk {chunk} is neither sent in this work nor part of the parent snapshot.")
    {
    }
}
