namespace K8sBackup.Repository.Index;

/// <summary>What a prune notes at a chunk.</summary>
[Flags]
internal enum ChunkMarks : byte
{
    None = 0,

    /// <summary>A manifest needs it, or it came after marking began.</summary>
    Live = 1,

    /// <summary>It was read as part of a chunk list, so that what it lists is marked too.</summary>
    ListRead = 2,
}
