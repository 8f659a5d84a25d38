using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Snapshots;

/// <summary>A record of a rehearsed restore as listed.</summary>
/// <param name="ObjectName">Name of the object.</param>
/// <param name="Snapshot">The snapshot, from the name; null when the name is none.</param>
/// <param name="Record">What it says; null when damaged.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public sealed record DrillEntry(string ObjectName, SnapshotId? Snapshot, DrillRecord? Record, RepositoryCorruptException? Damage)
{
    /// <summary>True when it says that what was restored is what was backed up.</summary>
    public bool Passed => Record is { Passed: true };
}
