using System.Runtime.CompilerServices;

namespace K8sBackup.Etcd.Browsing;

/// <summary>
/// Compares two key spaces by walking both in order of keys; two values are in memory at a time. Keys with the same value
/// are equal whatever their revisions: a restore gives the same objects other ones.
/// </summary>
public static class KeySpaceDiff
{
    /// <summary>The keys that differ, in byte order.</summary>
    public static async IAsyncEnumerable<KeyDifference> CompareAsync(
        IKeySpace before, IKeySpace after, KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        await using var left = before.ReadAsync(range, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var right = after.ReadAsync(range, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var first = await NextAsync(left).ConfigureAwait(false);
        var second = await NextAsync(right).ConfigureAwait(false);
        while (first is not null || second is not null)
        {
            var order = Order(first, second);
            var (gone, come) = (order <= 0 ? first : null, order >= 0 ? second : null);
            if (gone is null || come is null || !gone.Value.Span.SequenceEqual(come.Value.Span))
            {
                yield return new KeyDifference(gone, come);
            }

            first = gone is null ? first : await NextAsync(left).ConfigureAwait(false);
            second = come is null ? second : await NextAsync(right).ConfigureAwait(false);
        }
    }

    private static int Order(KeyRecord? first, KeyRecord? second) =>
        first is null ? 1 : second is null ? -1 : first.Key.Span.SequenceCompareTo(second.Key.Span);

    private static async ValueTask<KeyRecord?> NextAsync(IAsyncEnumerator<KeyRecord> records) =>
        await records.MoveNextAsync().ConfigureAwait(false) ? records.Current : null;
}
