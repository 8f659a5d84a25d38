using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>I4: lists of the snapshots only those that were there when they were listed first.</summary>
internal sealed class OutdatedStore(IObjectStore inner) : PassingStore(inner)
{
    private HashSet<string>? _first;

    public override IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) =>
        prefix == ObjectNames.SnapshotsPrefix ? ListOnceAsync(cancellationToken) : base.ListAsync(prefix, cancellationToken);

    private async IAsyncEnumerable<ObjectInfo> ListOnceAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<ObjectInfo> listed = [];
        await foreach (ObjectInfo info in base.ListAsync(ObjectNames.SnapshotsPrefix, cancellationToken))
        {
            listed.Add(info);
        }

        _first ??= [.. listed.Select(o => o.Name)];
        foreach (ObjectInfo info in listed.Where(o => _first.Contains(o.Name)))
        {
            yield return info;
        }
    }
}
