namespace K8sBackup.Model.Manifests;

/// <summary>What a snapshot holds and what it cost.</summary>
public sealed record SnapshotCounts
{
    public static readonly SnapshotCounts Zero = new();

    /// <summary>Entries of the tree, the root included.</summary>
    public long Entries { get; init; }

    public long Files { get; init; }

    /// <summary>Sum of file sizes, holes included.</summary>
    public long FileBytes { get; init; }

    /// <summary>Plaintext bytes the agent sent in this run.</summary>
    public long SentBytes { get; init; }

    /// <summary>Bytes this snapshot added to the store, sealed.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Entries that are unreadable or vanished.</summary>
    public long Failed { get; init; }

    /// <summary>Entries whose content changed while it was read.</summary>
    public long Changed { get; init; }
}
