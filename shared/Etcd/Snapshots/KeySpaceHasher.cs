using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// Computes natively what the HashKV call of a member answers (level V4). The value depends on the revision R and on the
/// member's compact revision C; for any C up to R it can be computed from one snapshot, so an answer that came after a
/// later compaction is still comparable.
/// </summary>
public static class KeySpaceHasher
{
    private static ReadOnlySpan<byte> BucketName => "key"u8;

    /// <summary>HashKV at <paramref name="revision"/> as a member compacted at <paramref name="compactRevision"/> answers it.</summary>
    /// <exception cref="CorruptDatabaseException">The database breaks a rule of its format.</exception>
    public static uint Compute(BoltFile file, long revision, long compactRevision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.FindBucket(BucketName) is not { } bucket)
        {
            return Crc32C.Append(0, BucketName);
        }

        var keep = KeepSet.Scan(file, bucket, revision, LastRevisionTable.KeysMax, cancellationToken);
        return Compute(file, bucket, revision, compactRevision, keep, keep.Count > 0, cancellationToken);
    }

    internal static uint Compute(
        BoltFile file, BoltBucket bucket, long revision, long compactRevision, KeepSet keep, bool filter, CancellationToken cancellationToken)
    {
        var crc = Crc32C.Append(0, BucketName);
        var entries = new KeyBucketReader(file.OpenCursor(bucket), cancellationToken);
        while (entries.MoveNext() && entries.Revision.Main <= revision)
        {
            var main = entries.Revision.Main;

            // Compaction removes superseded entries in the background, so whether they are still there must not count.
            if (filter && main <= compactRevision && !keep.Contains(entries.Ordinal))
            {
                continue;
            }

            // From 3.4.34 and 3.5.16 on compaction also removes a deletion at exactly its revision; the hash ignores it.
            if (entries.IsTombstone && main == compactRevision)
            {
                continue;
            }

            crc = Crc32C.Append(Crc32C.Append(crc, entries.RawKey), entries.RawValue);
        }

        return crc;
    }
}
