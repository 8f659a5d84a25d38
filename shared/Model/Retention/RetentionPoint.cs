using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>A restore point as retention sees it. Its id says when it was made, by the coordinator; agents' clocks have no part in it.</summary>
public sealed record RetentionPoint
{
    public required RestorePointId Id { get; init; }

    /// <summary>Place in the order of commits; of two with the same place, the id decides.</summary>
    public long Sequence { get; init; }

    /// <summary>Kinds it has a snapshot of.</summary>
    public required IReadOnlySet<SourceKind> Kinds { get; init; }

    /// <summary>Kinds of which every source has a complete snapshot, verified where that is done.</summary>
    public required IReadOnlySet<SourceKind> GoodKinds { get; init; }

    /// <summary>Who pinned it, and why; null when it is not pinned.</summary>
    public string? Pin { get; init; }

    public DateTimeOffset CreatedAt => Id.Value.CreatedAt;
}
