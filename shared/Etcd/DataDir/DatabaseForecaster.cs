using System.Buffers.Binary;
using System.Globalization;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Works out what <see cref="DatabaseRewriter"/> will write, and what a server will say of it, from the source alone.</summary>
internal sealed class DatabaseForecaster
{
    // One lease serves a minute of events; beyond this number a database is not one of Kubernetes.
    private const int LeasesMax = 1 << 18;

    private readonly BoltFile _source;
    private readonly SnapshotFacts _facts;
    private readonly long _revision;
    private readonly long _bump;

    public DatabaseForecaster(BoltFile source, SnapshotFacts facts, long? revision, long bump)
    {
        _source = source;
        _facts = facts;
        _revision = revision ?? facts.Revision;
        _bump = bump;
        RequireInHistory();
    }

    public DatabaseForecast Forecast(CancellationToken cancellationToken)
    {
        // From the snapshot's own revision, whatever is restored: clients have seen at least that far.
        var after = _bump > 0 ? _facts.Revision + _bump : _revision;
        var forecast = new DatabaseForecast
        {
            RevisionBefore = _revision,
            RevisionAfter = after,
            CompactRevision = _bump > 0 ? after : _facts.CompactRevision,
            LiveKeys = 0,
            KeySpaceHash = 0,
            EntriesDropped = 0,
            MasterLeases = 0,
            LeasesToGrant = [],
        };
        if (_source.FindBucket(BucketNames.Key) is { } keys)
        {
            forecast = WithKeySpace(forecast, keys, cancellationToken);
        }
        else
        {
            forecast = forecast with { KeySpaceHash = Finish(Crc32C.Append(0, BucketNames.Key), after), LiveKeys = _bump > 0 ? 1 : 0 };
        }

        return forecast;
    }

    private void RequireInHistory()
    {
        var first = Math.Max(_facts.CompactRevision, 1);
        if (_revision < first || _revision > _facts.Revision)
        {
            throw new DataDirException(
                DataDirFault.RevisionUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"the snapshot has the revisions {first} to {_facts.Revision}, and {_revision} is none of them"));
        }

        if (_bump > long.MaxValue - _facts.Revision)
        {
            throw new DataDirException(
                DataDirFault.RevisionUnavailable,
                string.Create(CultureInfo.InvariantCulture, $"revision {_facts.Revision} cannot be raised by {_bump}"));
        }
    }

    private DatabaseForecast WithKeySpace(DatabaseForecast forecast, BoltBucket keys, CancellationToken cancellationToken)
    {
        var keep = KeepSet.Scan(_source, keys, _revision, LastRevisionTable.KeysMax, cancellationToken);
        var crc = Crc32C.Append(0, BucketNames.Key);
        long live = 0;
        long dropped = 0;
        long masterLeases = 0;
        var leases = new HashSet<long>();
        var entries = new KeyBucketReader(_source.OpenCursor(keys), cancellationToken);
        while (entries.MoveNext())
        {
            if (entries.Revision.Main > _revision)
            {
                dropped++;
            }
            else if (_bump > 0 && MasterLeases.Contains(entries))
            {
                masterLeases += keep.Contains(entries.Ordinal) ? 1 : 0;
            }
            else if (keep.Contains(entries.Ordinal) && (_bump == 0 || !entries.RawValue.IsEmpty))
            {
                // With a bump an earlier restore's placeholder bears the same empty key and is superseded by the new one.
                crc = Crc32C.Append(Crc32C.Append(crc, entries.RawKey), entries.RawValue);
                live++;
                Remember(leases, entries.Record.Lease);
            }
        }

        return forecast with
        {
            LiveKeys = _bump > 0 ? live + 1 : live,
            KeySpaceHash = _bump > 0
                ? Finish(crc, forecast.RevisionAfter)
                : KeySpaceHasher.Compute(_source, keys, _revision, _facts.CompactRevision, keep, keep.Count > 0, cancellationToken),
            EntriesDropped = dropped,
            MasterLeases = masterLeases,
            LeasesToGrant = dropped > 0 ? Missing(leases, cancellationToken) : [],
        };
    }

    private uint Finish(uint crc, long after)
    {
        if (_bump == 0)
        {
            return crc;
        }

        Span<byte> placeholder = stackalloc byte[Revision.EncodedBytes];
        new Revision(after, 0).Write(placeholder);
        return Crc32C.Append(crc, placeholder);
    }

    private static void Remember(HashSet<long> leases, long lease)
    {
        if (lease != 0 && leases.Add(lease) && leases.Count > LeasesMax)
        {
            throw new DataDirException(DataDirFault.RevisionUnavailable, $"more than {LeasesMax} leases hang on the keys");
        }
    }

    /// <summary>The leases the lease bucket, which is as new as the snapshot, does not have any more.</summary>
    private List<long> Missing(HashSet<long> leases, CancellationToken cancellationToken)
    {
        if (_source.FindBucket(BucketNames.Lease) is { } bucket)
        {
            var cursor = _source.OpenCursor(bucket);
            while (cursor.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (cursor.Key.Length == sizeof(long))
                {
                    leases.Remove(BinaryPrimitives.ReadInt64BigEndian(cursor.Key));
                }
            }
        }

        return [.. leases.OrderBy(id => (ulong)id)];
    }
}
