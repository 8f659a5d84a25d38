using K8sBackup.Model.Ids;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Reading;

/// <summary>A frame to read, and which of its chunks are wanted.</summary>
internal sealed record PlannedFrame(FrameLocation Location, List<(ChunkId Id, ChunkLocation Location)> Wanted)
{
    /// <summary>Where it ends in its pack.</summary>
    public int End => Location.Offset + Location.SealedBytes;

    /// <summary>True when the frame is the one chunk that is wanted of it.</summary>
    public bool IsOneChunk => Wanted is [var (_, chunk)] && chunk.Offset == 0 && chunk.Length == Location.PlainBytes;
}
