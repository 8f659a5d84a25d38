namespace K8sBackup.Repository.Packs;

/// <summary>What a frame's plaintext is. The numbers are stored.</summary>
internal enum FrameEncoding : byte
{
    /// <summary>The chunks, one after the other.</summary>
    Raw = 0,

    /// <summary>The chunks, one after the other, compressed with zstd (RFC 8878).</summary>
    Zstd = 1,

    /// <summary>Zeros that bring the pack to a size class; no chunks.</summary>
    Padding = 2,
}
