using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Snapshots;

/// <summary>Keeps a restore point whatever the retention rules say, until somebody removes it. Lives in the store.</summary>
/// <param name="Point">The restore point.</param>
/// <param name="PinnedAt">When it was pinned, by the coordinator's clock.</param>
/// <param name="PinnedBy">Who pinned it.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record RestorePointPin(RestorePointId Point, DateTimeOffset PinnedAt, string PinnedBy, string Reason)
{
    /// <summary>Longest reason, in characters.</summary>
    public const int ReasonLengthMax = 1000;
}
