using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>How a piece of work ended. A closed set: committed, restored, stepped, failed.</summary>
public abstract record WorkOutcome
{
    private WorkOutcome()
    {
    }

    /// <summary>A snapshot exists in the store. Reported by the receiving side only, never on an agent's word.</summary>
    public sealed record SnapshotCommitted(SnapshotManifest Manifest) : WorkOutcome;

    /// <summary>A restore came to its end on the node; single items may still have failed, as the report says.</summary>
    public sealed record Restored(Wire.RestoreReport Report) : WorkOutcome;

    /// <summary>A step of the restore of a cluster's etcd was done on the node.</summary>
    public sealed record Stepped(Wire.RestoreStepReport Report) : WorkOutcome;

    /// <summary>Nothing was committed or restored as a whole.</summary>
    public sealed record Failed(Failure Failure) : WorkOutcome;
}
