using System.Runtime.CompilerServices;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Cli.Inside;

/// <summary>Objects of a key space, one at a time.</summary>
internal static class ObjectList
{
    public static async IAsyncEnumerable<FoundObject> ReadAsync(
        IKeySpace space, KeyRange range, ObjectDecoder decoder, ObjectFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (KeyRecord record in space.ReadAsync(range, cancellationToken))
        {
            FoundObject found = FoundObject.Read(record, decoder);
            if (filter.Matches(found))
            {
                yield return found;
            }
        }
    }
}
