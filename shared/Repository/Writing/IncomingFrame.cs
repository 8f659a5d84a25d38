using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Writing;

/// <summary>A frame as an agent sends it; nothing in it is believed.</summary>
/// <param name="Chunks">Claimed ids of its chunks, in order.</param>
/// <param name="Lengths">Plaintext length of each, in bytes.</param>
/// <param name="Compressed">True when the payload is one zstd frame of all chunks together, false when it is the chunks themselves.</param>
/// <param name="Payload">The bytes. They may be reused once the call that takes the frame has returned.</param>
public readonly record struct IncomingFrame(
    ReadOnlyMemory<ChunkId> Chunks, ReadOnlyMemory<int> Lengths, bool Compressed, ReadOnlyMemory<byte> Payload);
