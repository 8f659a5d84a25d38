using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Snapshots;

/// <summary>
/// What a repair found lost of a snapshot. Kept beside the manifest, which never changes: a snapshot with a loss is listed as damaged,
/// restores what is left of it, and is no proof that anything was backed up well.
/// </summary>
public sealed record SnapshotLoss
{
    /// <summary>Most objects and most paths named; <see cref="PathCount"/> is exact.</summary>
    public const int ListedMax = 100;

    /// <summary>The snapshot.</summary>
    public required SnapshotId Snapshot { get; init; }

    /// <summary>When the loss was found.</summary>
    public required DateTimeOffset FoundAt { get; init; }

    /// <summary>The objects that are missing or damaged.</summary>
    public required IReadOnlyList<string> Objects { get; init; }

    /// <summary>Files that cannot be restored whole.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>How many files those are in all.</summary>
    public required long PathCount { get; init; }

    /// <summary>In one line, for listings.</summary>
    public string Summary => PathCount == 0
        ? $"Parts are lost: {string.Join(", ", Objects.Take(3))}"
        : $"{PathCount} files are lost: {string.Join(", ", Paths.Take(3))}{(PathCount > 3 ? ", ..." : "")}";

    /// <summary>True when it says the same of the same snapshot, at whatever time.</summary>
    public bool IsSameAs(SnapshotLoss other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Snapshot == other.Snapshot
            && PathCount == other.PathCount
            && Objects.SequenceEqual(other.Objects)
            && Paths.SequenceEqual(other.Paths);
    }
}
