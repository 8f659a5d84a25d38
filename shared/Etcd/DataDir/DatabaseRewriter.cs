using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Copies a database into a fresh one, bucket by bucket in sorted order, changing what belongs to the old cluster on the
/// way. Never edits in place: free pages, which still hold deleted Secrets, are left behind.
/// </summary>
internal sealed class DatabaseRewriter
{
    // etcd has ten buckets; a file with thousands is not one of its databases.
    private const int BucketsMax = 1000;
    private const int EntriesPerCancellationTest = 4096;

    private readonly BoltFile _source;
    private readonly ClusterIdentity _identity;
    private readonly DatabaseForecast _forecast;
    private readonly bool _storesRaftState;

    /// <param name="source">The database to copy.</param>
    /// <param name="identity">The new cluster.</param>
    /// <param name="forecast">What is to come out.</param>
    /// <param name="storesRaftState">
    /// True when the target keeps term and voters in the meta bucket (3.5 on). In a 3.4 database they would never be
    /// updated, and would make a later snapshot of it look like one of 3.5.
    /// </param>
    public DatabaseRewriter(BoltFile source, ClusterIdentity identity, DatabaseForecast forecast, bool storesRaftState)
    {
        _source = source;
        _identity = identity;
        _forecast = forecast;
        _storesRaftState = storesRaftState;
    }

    private bool IsBumped => _forecast.RevisionAfter > _forecast.RevisionBefore;

    /// <summary>Writes and syncs the new database and returns its length.</summary>
    public long WriteTo(string path, CancellationToken cancellationToken)
    {
        using var writer = BoltBulkWriter.Create(path, _source.Meta.PageSize);
        foreach (var (name, bucket) in ListBuckets())
        {
            writer.BeginBucket(name, bucket?.Sequence ?? 0);
            WriteBucket(writer, name, bucket, cancellationToken);
            writer.EndBucket();
        }

        return writer.Finish();
    }

    private SortedDictionary<byte[], BoltBucket?> ListBuckets()
    {
        var buckets = new SortedDictionary<byte[], BoltBucket?>(ByteOrder.Instance)
        {
            [BucketNames.Alarm.ToArray()] = null,
            [BucketNames.Cluster.ToArray()] = null,
            [BucketNames.Key.ToArray()] = null,
            [BucketNames.Lease.ToArray()] = null,
            [BucketNames.Members.ToArray()] = null,
            [BucketNames.MembersRemoved.ToArray()] = null,
            [BucketNames.Meta.ToArray()] = null,
        };
        var root = _source.OpenCursor(_source.Root);
        while (root.MoveNext())
        {
            var bucket = root.ReadBucket();
            buckets[bucket.Name.ToArray()] = bucket;
            if (buckets.Count > BucketsMax)
            {
                throw new CorruptDatabaseException(root.PageId, $"more than {BucketsMax} buckets");
            }
        }

        return buckets;
    }

    private void WriteBucket(BoltBulkWriter writer, ReadOnlySpan<byte> name, BoltBucket? bucket, CancellationToken cancellationToken)
    {
        if (name.SequenceEqual(BucketNames.Alarm) || name.SequenceEqual(BucketNames.MembersRemoved))
        {
            // Empty: an old NOSPACE alarm would make the restored cluster read-only, removed ids belong to the old cluster.
            return;
        }

        if (name.SequenceEqual(BucketNames.Members))
        {
            WriteMembers(writer);
        }
        else if (name.SequenceEqual(BucketNames.Meta))
        {
            WriteMeta(writer, BucketContents.Read(_source, bucket));
        }
        else if (name.SequenceEqual(BucketNames.Cluster))
        {
            var cluster = BucketContents.Read(_source, bucket);
            cluster.Remove(BucketNames.Downgrade);
            cluster.WriteTo(writer);
        }
        else if (name.SequenceEqual(BucketNames.Key))
        {
            WriteKeys(writer, bucket, cancellationToken);
        }
        else if (name.SequenceEqual(BucketNames.Lease))
        {
            WriteLeases(writer, bucket);
        }
        else
        {
            Copy(writer, bucket, cancellationToken);
        }
    }

    private void WriteKeys(BoltBulkWriter writer, BoltBucket? bucket, CancellationToken cancellationToken)
    {
        if (bucket is not null)
        {
            var entries = new KeyBucketReader(_source.OpenCursor(bucket), cancellationToken);
            while (entries.MoveNext() && entries.Revision.Main <= _forecast.RevisionBefore)
            {
                if (!IsBumped || !MasterLeases.Contains(entries))
                {
                    writer.Add(entries.RawKey, entries.RawValue);
                }
            }
        }

        if (IsBumped)
        {
            writer.Add(Encode(_forecast.RevisionAfter), []);
        }
    }

    // Both lists ascend, and no lease is in both.
    private void WriteLeases(BoltBulkWriter writer, BoltBucket? bucket)
    {
        var granted = 0;
        var cursor = bucket is null ? null : _source.OpenCursor(bucket);
        while (cursor?.MoveNext() == true)
        {
            granted = Grant(writer, granted, before: cursor.Key);
            writer.Add(cursor.Key, cursor.Value);
        }

        Grant(writer, granted, before: []);
    }

    private int Grant(BoltBulkWriter writer, int next, ReadOnlySpan<byte> before)
    {
        Span<byte> key = stackalloc byte[sizeof(long)];
        for (; next < _forecast.LeasesToGrant.Count; next++)
        {
            var id = _forecast.LeasesToGrant[next];
            BinaryPrimitives.WriteInt64BigEndian(key, id);
            if (!before.IsEmpty && key.SequenceCompareTo(before) > 0)
            {
                return next;
            }

            writer.Add(key, new WireWriter().Number(1, (ulong)id).Number(2, DatabaseForecast.RegrantedSeconds).Written);
        }

        return next;
    }

    private void Copy(BoltBulkWriter writer, BoltBucket? bucket, CancellationToken cancellationToken)
    {
        if (bucket is null)
        {
            return;
        }

        var cursor = _source.OpenCursor(bucket);
        for (long copied = 0; cursor.MoveNext(); copied++)
        {
            if (copied % EntriesPerCancellationTest == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            writer.Add(cursor.Key, cursor.Value);
        }
    }

    private void WriteMembers(BoltBulkWriter writer)
    {
        // Hex ids are not padded, so their byte order is not their numeric order.
        var members = new BucketContents();
        foreach (var member in _identity.Members)
        {
            members.Set(
                Encoding.ASCII.GetBytes(member.Id.ToString("x", CultureInfo.InvariantCulture)),
                Encoding.UTF8.GetBytes(GoJson.Member(member)));
        }

        members.WriteTo(writer);
    }

    private void WriteMeta(BoltBulkWriter writer, BucketContents meta)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, (ulong)_identity.Members.Count);
        meta.Set(BucketNames.ConsistentIndex, number);
        meta.Remove(BucketNames.Term);
        meta.Remove(BucketNames.ConfState);
        if (_storesRaftState)
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, RaftMessages.Term);
            meta.Set(BucketNames.Term, number);
            meta.Set(BucketNames.ConfState, Encoding.ASCII.GetBytes(GoJson.ConfState(_identity.Members.Select(member => member.Id))));
        }

        if (IsBumped)
        {
            // Only scheduled: the server finds the compaction unfinished at its start and does it.
            meta.Set(BucketNames.ScheduledCompactRevision, Encode(_forecast.RevisionAfter));
        }

        meta.WriteTo(writer);
    }

    private static byte[] Encode(long main)
    {
        var bytes = new byte[Revision.EncodedBytes];
        new Revision(main, 0).Write(bytes);
        return bytes;
    }
}
