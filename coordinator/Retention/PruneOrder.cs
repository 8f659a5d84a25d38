using K8sBackup.Model.Ids;
using K8sBackup.Repository.Pruning;

namespace K8sBackup.Coordinator.Retention;

/// <summary>What a prune is wanted to do.</summary>
/// <param name="Who">Who wants it, for the log.</param>
/// <param name="Options">How to decide.</param>
public sealed record PruneOrder(string Who, PruneOptions Options)
{
    /// <summary>False for the plan only.</summary>
    public bool Execute { get; init; } = true;

    /// <summary>True when an operator vouches for the clock.</summary>
    public bool TrustClock { get; init; }

    /// <summary>The restore points somebody agreed to lose; null for all that retention lets go.</summary>
    public IReadOnlySet<RestorePointId>? Only { get; init; }

    public bool Allows(RestorePointId point) => Only is null || Only.Contains(point);
}
