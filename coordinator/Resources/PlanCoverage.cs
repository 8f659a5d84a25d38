namespace K8sBackup.Coordinator.Resources;

/// <summary>What the newest finished run of a plan came to.</summary>
public sealed record PlanCoverage
{
    public int Sources { get; init; }

    /// <summary>With a complete snapshot.</summary>
    public int Protected { get; init; }

    /// <summary>With a snapshot that lacks items.</summary>
    public int Incomplete { get; init; }

    /// <summary>Without a snapshot.</summary>
    public int Failed { get; init; }

    /// <summary>Rules that could not be met.</summary>
    public IReadOnlyList<string> Unmatched { get => field ?? []; init; }
}
