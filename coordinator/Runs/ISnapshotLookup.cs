using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Finds committed snapshots, so that work finished before a restart is recognised.</summary>
public interface ISnapshotLookup
{
    /// <summary>The snapshot of that source made by that run, null when none is committed.</summary>
    Task<SnapshotManifest?> FindAsync(RunId run, SourceKey source, CancellationToken cancellationToken);
}
