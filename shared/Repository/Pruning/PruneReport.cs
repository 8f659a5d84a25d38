using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Pruning;

/// <summary>What a prune did, or would do when it is a plan.</summary>
public sealed record PruneReport
{
    /// <summary>Most packs named one by one; the tallies are exact.</summary>
    public const int DecisionsListedMax = 1000;

    /// <summary>True when it only says what would be done.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>What kept it from doing all; empty when nothing did.</summary>
    public required IReadOnlyList<PruneObstacle> Obstacles { get; init; }

    /// <summary>Restore points deleted.</summary>
    public required IReadOnlyList<RestorePointId> RestorePoints { get; init; }

    /// <summary>Snapshots deleted, because no restore point needs them.</summary>
    public required IReadOnlyList<SnapshotId> Snapshots { get; init; }

    /// <summary>Packs in the store at the beginning.</summary>
    public PackTally Total { get; init; }

    /// <summary>Packs deleted that were condemned earlier: the space that came back.</summary>
    public PackTally Deleted { get; init; }

    /// <summary>Packs that were condemned earlier and are needed again.</summary>
    public PackTally Rescued { get; init; }

    /// <summary>Packs the store does not let go yet.</summary>
    public PackTally Locked { get; init; }

    /// <summary>Packs condemned now.</summary>
    public PackTally Condemned { get; init; }

    /// <summary>Packs of those whose live chunks were copied first.</summary>
    public PackTally Repacked { get; init; }

    /// <summary>Packs written with those chunks; for a plan, an estimate.</summary>
    public PackTally Written { get; init; }

    /// <summary>Packs that wait for the grace to pass, those condemned now included.</summary>
    public PackTally Waiting { get; init; }

    /// <summary>When the first of those may be deleted; null when none waits.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>Packs condemned now, one by one, at most <see cref="DecisionsListedMax"/>.</summary>
    public required IReadOnlyList<PackDecision> Decisions { get; init; }

    /// <summary>Packs condemned now, by why.</summary>
    public IReadOnlyDictionary<PackReason, PackTally> Reasons { get; init; } = new Dictionary<PackReason, PackTally>();

    /// <summary>Objects the store now keeps from deletion for longer.</summary>
    public long RetentionExtended { get; init; }

    public long SegmentsBefore { get; init; }

    public long SegmentsAfter { get; init; }

    /// <summary>Bytes that come back once everything condemned is deleted.</summary>
    public long BytesComingBack => Waiting.Bytes - Written.Bytes;
}
