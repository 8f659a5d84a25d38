using K8sBackup.ObjectStore;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I3: lets nobody take over from a writer that did not say goodbye.</summary>
internal sealed class LockingStore(IObjectStore inner) : PassingStore(inner)
{
    public override Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        expected is null ? base.CompareAndSwapAsync(name, expected, content, cancellationToken) : Task.FromResult<ObjectVersion?>(null);
}
