using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I6: shows a new life of the coordinator no snapshot of the lives before it.</summary>
internal sealed class ForgetfulStore(IObjectStore inner) : PassingStore(inner)
{
    public override IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) =>
        base.ListAsync(prefix == ObjectNames.SnapshotsPrefix ? "nothing/" : prefix, cancellationToken);
}
