namespace K8sBackup.Coordinator.Coverage;

/// <summary>Whether what a plan decides about can be had back, and what no plan decides about. Bounded, whatever the size of the cluster.</summary>
public sealed record PlanReview
{
    /// <summary>Things that are named one by one.</summary>
    public const int GapsMax = 20;

    public int Protected { get; init; }

    public int Excluded { get; init; }

    public int Unprotected { get; init; }

    /// <summary>Things in the cluster that no plan takes or leaves out.</summary>
    public int Unclaimed { get; init; }

    /// <summary>The last good snapshot of what is protected and has gone without one the longest; null for none.</summary>
    public DateTimeOffset? OldestGood { get; init; }

    /// <summary>What is unprotected, and after that what no plan decides about: the first of them.</summary>
    public IReadOnlyList<CoverageItem> Gaps { get; init; } = [];

    /// <summary>Why the rest may be wrong; empty when all that was asked answered.</summary>
    public string Doubt { get; init; } = "";
}
