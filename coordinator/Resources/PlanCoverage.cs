namespace K8sBackup.Coordinator.Resources;

/// <summary>Whether what a plan decides about can be had back: claims, directories of nodes, nodes and etcd.</summary>
public sealed record PlanCoverage
{
    /// <summary>With a complete snapshot.</summary>
    public int Protected { get; init; }

    /// <summary>Left out by rules, or since it is kept elsewhere.</summary>
    public int Excluded { get; init; }

    /// <summary>Wanted, and without a complete snapshot.</summary>
    public int Unprotected { get; init; }

    /// <summary>In the cluster, and neither taken nor left out by any plan.</summary>
    public int Unclaimed { get; init; }

    /// <summary>The last good snapshot of what has gone without one the longest.</summary>
    public DateTimeOffset? OldestGood { get; init; }

    /// <summary>The first of the unprotected and the unclaimed.</summary>
    public IReadOnlyList<CoverageGap> Gaps { get => field ?? []; init; }

    /// <summary>Rules that could not be met in the newest finished run.</summary>
    public IReadOnlyList<string> Unmatched { get => field ?? []; init; }
}
