using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// Which entries of the key bucket are the last word on their key up to a revision, and not a deletion: one bit per entry.
/// </summary>
internal sealed class KeepSet
{
    private readonly ulong[] _bits;

    private KeepSet(long entries)
    {
        _bits = new ulong[(entries / 64) + 1];
    }

    /// <summary>Distinct live keys.</summary>
    public long Count { get; private set; }

    public bool Contains(long ordinal) => (_bits[ordinal / 64] & (1UL << (int)(ordinal % 64))) != 0;

    /// <summary>Takes over the answer of a table that saw every key.</summary>
    public static KeepSet From(LastRevisionTable table, long entries)
    {
        var keep = new KeepSet(entries);
        table.ForEachLive(keep.Add);
        return keep;
    }

    /// <summary>
    /// Scans the key bucket up to <paramref name="revision"/>. When the keys do not fit into one table, the scan is repeated
    /// for 2, 4, 8 … parts of them: memory stays bounded and time grows.
    /// </summary>
    public static KeepSet Scan(BoltFile file, BoltBucket keyBucket, long revision, int keysMax, CancellationToken cancellationToken)
    {
        for (uint partitions = 1; ; partitions *= 2)
        {
            if (TryScan(file, keyBucket, revision, keysMax, partitions, cancellationToken) is { } keep)
            {
                return keep;
            }
        }
    }

    private static KeepSet? TryScan(
        BoltFile file, BoltBucket keyBucket, long revision, int keysMax, uint partitions, CancellationToken cancellationToken)
    {
        KeepSet? keep = null;
        for (uint partition = 0; partition < partitions; partition++)
        {
            var table = new LastRevisionTable(partition, partitions, keysMax);
            var entries = new KeyBucketReader(file.OpenCursor(keyBucket), cancellationToken);
            while (entries.MoveNext() && entries.Revision.Main <= revision)
            {
                if (!table.Set(entries.UserKey, entries.Ordinal, entries.IsTombstone))
                {
                    return null;
                }
            }

            keep ??= new KeepSet(entries.Ordinal + 1);
            table.ForEachLive(keep.Add);
        }

        return keep;
    }

    private void Add(long ordinal)
    {
        _bits[ordinal / 64] |= 1UL << (int)(ordinal % 64);
        Count++;
    }
}
