using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I3: shows a writer its own state for ever, whoever took over since.</summary>
internal sealed class UnfencedStore(IObjectStore inner) : PassingStore(inner)
{
    private VersionedObject? _own;

    public override async Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        name == ObjectNames.State && _own is not null ? _own : await base.GetVersionedAsync(name, maxBytes, cancellationToken);

    public override async Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        byte[] written = content.ToArray();

        // A writer of the same process after one that failed takes over from what is really there.
        _own = null;
        VersionedObject? current = await base.GetVersionedAsync(name, int.MaxValue, cancellationToken);
        ObjectVersion? swapped = await base.CompareAndSwapAsync(name, current?.Version, written, cancellationToken);
        if (swapped is { } version)
        {
            _own = new VersionedObject(written, version);
        }

        return swapped;
    }
}
