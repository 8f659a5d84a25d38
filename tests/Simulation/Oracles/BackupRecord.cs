using K8sBackup.Model.Ids;

namespace K8sBackup.Simulation.Oracles;

/// <summary>What the world knows about one piece of backup work, whatever the programs say.</summary>
internal sealed class BackupRecord(SourceKey source, IReadOnlyDictionary<string, byte[][]> parts)
{
    public SourceKey Source { get; } = source;

    /// <summary>The files as the agent read them, cut into chunks.</summary>
    public IReadOnlyDictionary<string, byte[][]> Parts { get; } = parts;

    /// <summary>The same files whole.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; } =
        parts.ToDictionary(p => p.Key, p => p.Value.SelectMany(c => c).ToArray(), StringComparer.Ordinal);

    /// <summary>Chunks the agent sent for this work, in any attempt.</summary>
    public HashSet<ChunkId> Sent { get; } = [];

    /// <summary>The snapshot that came of it.</summary>
    public SnapshotId? Snapshot { get; set; }
}
