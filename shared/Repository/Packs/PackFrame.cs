namespace K8sBackup.Repository.Packs;

/// <summary>Where a frame is in its pack and what it holds.</summary>
/// <param name="Offset">Offset of the sealed frame in the pack.</param>
/// <param name="SealedBytes">Its length, tag included.</param>
/// <param name="PlainBytes">Bytes of its chunks together.</param>
/// <param name="Encoding">How they are encoded under the seal.</param>
/// <param name="FirstChunk">Place of its first chunk among the pack's chunks.</param>
/// <param name="Chunks">How many chunks it holds.</param>
internal readonly record struct PackFrame(
    int Offset, int SealedBytes, int PlainBytes, FrameEncoding Encoding, int FirstChunk, int Chunks);
