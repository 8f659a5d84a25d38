using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Checking;

/// <summary>One thing that is wrong, and what it costs.</summary>
public sealed record CheckProblem
{
    /// <summary>Most paths named in one problem; <see cref="PathCount"/> is exact.</summary>
    public const int PathsMax = 100;

    /// <summary>The damaged or missing object.</summary>
    public required string ObjectName { get; init; }

    /// <summary>The cause programs act on.</summary>
    public required RepositoryDamage Damage { get; init; }

    /// <summary>The cause in words.</summary>
    public required string Detail { get; init; }

    /// <summary>Snapshots that cannot be restored whole because of it.</summary>
    public required IReadOnlyList<SnapshotId> Snapshots { get; init; }

    /// <summary>Restore points those belong to.</summary>
    public required IReadOnlyList<RestorePointId> RestorePoints { get; init; }

    /// <summary>Files that cannot be restored because of it, as "snapshot: path".</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>How many files those are in all.</summary>
    public required long PathCount { get; init; }
}
