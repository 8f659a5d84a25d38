using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.TestKit.Repositories;

/// <summary>Records of rehearsed restores for tests that need one.</summary>
public static class SampleDrill
{
    /// <summary>A drill of a snapshot, held now.</summary>
    public static DrillRecord Of(SnapshotManifest snapshot, RestorePointManifest point, TimeProvider clock, DrillVerdict verdict = DrillVerdict.Passed)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(clock);
        return new DrillRecord
        {
            Id = DrillId.Create(clock),
            Point = point.Id,
            Snapshot = snapshot.Id,
            Source = snapshot.Source,
            Node = snapshot.Source.Node,
            StartedBy = "schedule",
            BeganAt = clock.GetUtcNow(),
            EndedAt = clock.GetUtcNow(),
            Verdict = verdict,
            Reason = verdict == DrillVerdict.Passed ? "" : "a file came back changed",
            Files = new FilesDrill
            {
                Files = 3,
                Bytes = 4711,
                FilesInSnapshot = 5,
                Restoring = TimeSpan.FromSeconds(2),
                Comparing = TimeSpan.FromMilliseconds(150),
            },
        };
    }
}
