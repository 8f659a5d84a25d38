using System.Buffers.Binary;
using System.Text;
using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// One pass over a database that does the structural check (V2), parses every entry etcd gives a meaning to (V3) and
/// collects the facts; a second pass over the key bucket gives the key space hash. Memory: one page per tree level, one bit
/// per page and per entry, and a table of at most 144 MiB for the distinct keys (beyond 3 million keys more passes instead).
/// </summary>
internal sealed class DatabaseInspector
{
    // Damage or abuse must not make a list grow without end; a real cluster has fewer than ten of either.
    private const int MembersMax = 1000;
    private const int AlarmsMax = 1000;
    private const int MetaPages = 2;

    private readonly BoltFile _file;
    private readonly PageVisits _visits;
    private readonly List<EtcdMemberFact> _members = [];
    private readonly List<EtcdAlarmFact> _alarms = [];
    private readonly int _keysMax;
    private uint _statusHash;
    private long _entries;
    private long _lastMain;
    private long _scheduled;
    private long _finished;
    private long _inconsistent;
    private long _leases;
    private ulong? _consistentIndex;
    private ulong? _term;
    private string? _clusterVersion;
    private string? _storageVersion;
    private bool _authEnabled;
    private bool _downgrade;
    private bool _encrypted;
    private BoltBucket? _keyBucket;
    private KeepSet? _keep;

    public DatabaseInspector(BoltFile file, int? keysMax = null)
    {
        _file = file;
        _visits = new PageVisits(file.Meta.HighWaterMark);
        _keysMax = keysMax ?? LastRevisionTable.KeysMax;
    }

    public SnapshotFacts Inspect(long fileBytes, string? sha256, CancellationToken cancellationToken)
    {
        var root = _file.OpenCursor(_file.Root, _visits);
        while (root.MoveNext())
        {
            if (!root.IsBucket)
            {
                throw new CorruptDatabaseException(root.PageId, "the root bucket holds an entry that is no bucket");
            }

            InspectBucket(root.ReadBucket(), cancellationToken);
        }

        var listedFree = BoltWalk.CheckFreelist(_file, _visits);
        var compact = Math.Max(_scheduled, _finished);
        var revision = Math.Max(Math.Max(_lastMain, compact), 1);
        return new SnapshotFacts
        {
            FileBytes = fileBytes,
            DatabaseBytes = _file.Meta.DatabaseBytes,
            Sha256 = sha256,
            PageSize = _file.Meta.PageSize,
            FreePages = (long)_file.Meta.HighWaterMark - MetaPages - _visits.Count + listedFree,
            Revision = revision,
            CompactRevision = compact,
            CompactionPending = _scheduled > _finished,
            EntriesTotal = _entries,
            LiveKeys = _keep?.Count ?? 0,
            ConsistentIndex = _consistentIndex,
            Term = _term,
            ClusterVersion = _clusterVersion,
            StorageVersion = _storageVersion,
            Version = DeriveVersion(),
            Members = _members,
            Alarms = _alarms,
            Leases = _leases,
            AuthEnabled = _authEnabled,
            DowngradePending = _downgrade,
            Encryption = _encrypted ? EncryptionCensus.Take(_file, _keyBucket!, _keep!, cancellationToken) : [],
            StatusHash = _statusHash,
            KeySpaceHash = HashKeySpace(revision, compact, cancellationToken),
            InconsistentEntries = _inconsistent,
        };
    }

    private void InspectBucket(BoltBucket bucket, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _statusHash = Crc32C.Append(_statusHash, bucket.Name.Span);
        var cursor = _file.OpenCursor(bucket, _visits);
        if (bucket.IsNamed(BucketNames.Key))
        {
            InspectKeyBucket(bucket, cursor, cancellationToken);
            return;
        }

        while (cursor.MoveNext())
        {
            if (cursor.IsBucket)
            {
                throw new CorruptDatabaseException(cursor.PageId, "a bucket inside one of etcd's buckets");
            }

            Count(cursor.Key, cursor.Value);
            InspectEntry(bucket, cursor);
        }
    }

    private void InspectKeyBucket(BoltBucket bucket, BoltCursor cursor, CancellationToken cancellationToken)
    {
        _keyBucket = bucket;
        var table = new LastRevisionTable(0, 1, _keysMax);
        var tableHolds = true;
        var entries = new KeyBucketReader(cursor, cancellationToken);
        while (entries.MoveNext())
        {
            Count(entries.RawKey, entries.RawValue);
            var record = entries.Record;
            _lastMain = entries.Revision.Main;
            if (!IsConsistent(record, entries))
            {
                _inconsistent++;
            }

            _encrypted |= EncryptionCensus.IsEncrypted(record.Value);
            tableHolds = tableHolds && table.Set(record.Key, entries.Ordinal, entries.IsTombstone);
        }

        _keep = tableHolds
            ? KeepSet.From(table, entries.Ordinal + 1)
            : KeepSet.Scan(_file, bucket, long.MaxValue, _keysMax, cancellationToken);
    }

    private static bool IsConsistent(KeyValueView record, KeyBucketReader entry) =>
        entry.IsTombstone || entry.RawValue.IsEmpty
        || (record.ModRevision == entry.Revision.Main && record.CreateRevision <= record.ModRevision && record.Version >= 1);

    private void InspectEntry(BoltBucket bucket, BoltCursor cursor)
    {
        var key = cursor.Key;
        if (bucket.IsNamed(BucketNames.Meta))
        {
            InspectMeta(key, cursor.Value, cursor.PageId);
        }
        else if (bucket.IsNamed(BucketNames.Members) && _members.Count < MembersMax)
        {
            _members.Add(MembershipParser.ParseMember(cursor.Value, cursor.PageId));
        }
        else if (bucket.IsNamed(BucketNames.Alarm) && _alarms.Count < AlarmsMax)
        {
            _alarms.Add(MembershipParser.ParseAlarm(key, cursor.PageId));
        }
        else if (bucket.IsNamed(BucketNames.Lease))
        {
            _leases++;
        }
        else if (bucket.IsNamed(BucketNames.Auth) && key.SequenceEqual(BucketNames.AuthEnabled))
        {
            _authEnabled = cursor.Value.SequenceEqual([(byte)1]);
        }
        else if (bucket.IsNamed(BucketNames.Cluster))
        {
            InspectCluster(key, cursor.Value);
        }
    }

    private void InspectMeta(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong pageId)
    {
        if (key.SequenceEqual(BucketNames.ConsistentIndex))
        {
            _consistentIndex = ReadNumber(value, pageId);
        }
        else if (key.SequenceEqual(BucketNames.Term))
        {
            _term = ReadNumber(value, pageId);
        }
        else if (key.SequenceEqual(BucketNames.StorageVersion))
        {
            _storageVersion = Encoding.UTF8.GetString(value);
        }
        else if (key.SequenceEqual(BucketNames.ScheduledCompactRevision))
        {
            _scheduled = ReadRevision(value, pageId);
        }
        else if (key.SequenceEqual(BucketNames.FinishedCompactRevision))
        {
            _finished = ReadRevision(value, pageId);
        }
    }

    private void InspectCluster(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual(BucketNames.ClusterVersion))
        {
            _clusterVersion = Encoding.UTF8.GetString(value);
        }
        else if (key.SequenceEqual(BucketNames.Downgrade))
        {
            // The JSON of a finished or cancelled downgrade says false.
            _downgrade = value.IndexOf("\"enabled\":true"u8) >= 0;
        }
    }

    // A new cluster says "3.0.0" until its members agreed; then what the database holds has to tell.
    private EtcdVersion DeriveVersion()
    {
        var named = EtcdVersion.TryParse(_storageVersion, out var version) || EtcdVersion.TryParse(_clusterVersion, out version);
        if (named && version >= EtcdVersion.V34)
        {
            return version;
        }

        return _term is null ? EtcdVersion.V34 : EtcdVersion.V35;
    }

    private uint HashKeySpace(long revision, long compact, CancellationToken cancellationToken) =>
        _keyBucket is null || _keep is null
            ? Crc32C.Append(0, BucketNames.Key)
            : KeySpaceHasher.Compute(_file, _keyBucket, revision, compact, _keep, _keep.Count > 0, cancellationToken);

    private void Count(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _statusHash = Crc32C.Append(Crc32C.Append(_statusHash, key), value);
        _entries++;
    }

    private static ulong ReadNumber(ReadOnlySpan<byte> value, ulong pageId) => value.Length == sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64BigEndian(value)
        : throw new CorruptDatabaseException(pageId, $"a number of the meta bucket has {value.Length} bytes instead of 8");

    private static long ReadRevision(ReadOnlySpan<byte> value, ulong pageId) => Revision.TryParse(value, out var revision, out _)
        ? revision.Main
        : throw new CorruptDatabaseException(pageId, "a compaction mark is not a revision");
}
