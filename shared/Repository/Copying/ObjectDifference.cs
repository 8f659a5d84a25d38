using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;

namespace K8sBackup.Repository.Copying;

/// <summary>Compares two stores below a prefix by merging their listings, which come in the order of names: nothing is held in memory.</summary>
internal static class ObjectDifference
{
    /// <summary>Every name either store has, with what each knows about it.</summary>
    public static async IAsyncEnumerable<(ObjectInfo? Source, ObjectInfo? Copy)> CompareAsync(
        IObjectStore source, IObjectStore copy, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using IAsyncEnumerator<ObjectInfo> left = source.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using IAsyncEnumerator<ObjectInfo> right = copy.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        bool hasLeft = await left.MoveNextAsync();
        bool hasRight = await right.MoveNextAsync();
        while (hasLeft || hasRight)
        {
            int order = !hasLeft ? 1 : !hasRight ? -1 : string.CompareOrdinal(left.Current.Name, right.Current.Name);
            yield return (order <= 0 ? left.Current : null, order >= 0 ? right.Current : null);
            hasLeft = order <= 0 ? await left.MoveNextAsync() : hasLeft;
            hasRight = order >= 0 ? await right.MoveNextAsync() : hasRight;
        }
    }
}
