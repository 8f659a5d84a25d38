namespace K8sBackup.Kubernetes.Impact;

/// <summary>What a restore of an etcd snapshot would do to the objects of a cluster.</summary>
public sealed record ImpactReport
{
    /// <summary>Revision that would come back.</summary>
    public required long RevisionThen { get; init; }

    /// <summary>Revision it was compared with.</summary>
    public required long RevisionNow { get; init; }

    /// <summary>Objects that vanish, in all.</summary>
    public required long Vanishing { get; init; }

    /// <summary>Objects that return, in all.</summary>
    public required long Returning { get; init; }

    /// <summary>Objects that change, in all.</summary>
    public required long Changing { get; init; }

    /// <summary>Counts by kind and namespace, ordered.</summary>
    public required IReadOnlyList<ImpactGroup> Groups { get; init; }

    /// <summary>
    /// Nodes, persistent volumes and claims that vanish or return: what they stand for outside of etcd neither vanishes nor returns with them.
    /// </summary>
    public required IReadOnlyList<ImpactObject> Infrastructure { get; init; }

    /// <summary>Objects named because that was asked for.</summary>
    public required IReadOnlyList<ImpactObject> Named { get; init; }

    /// <summary>True when a list is cut; the counts are exact.</summary>
    public required bool IsCut { get; init; }
}
