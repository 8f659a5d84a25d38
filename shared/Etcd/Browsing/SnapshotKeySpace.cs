using System.Runtime.CompilerServices;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Browsing;

/// <summary>
/// The key space of a snapshot at one revision. A pass over the history finds the last change of every key of the stretch,
/// then each is read where it stands; see <see cref="KeyWindow"/> for the memory, which no file can exceed.
/// </summary>
internal sealed class SnapshotKeySpace : IKeySpace
{
    private readonly BoltFile _file;
    private readonly BoltBucket _keys;
    private readonly long _revision;
    private readonly BrowseLimits _limits;

    public SnapshotKeySpace(BoltFile file, BoltBucket keys, long revision, BrowseLimits limits)
    {
        _file = file;
        _keys = keys;
        _revision = revision;
        _limits = limits;
    }

    public async IAsyncEnumerable<KeyRecord> ReadAsync(KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(range);
        var lookup = new RevisionLookup(_file, _keys);
        for (var rest = range; rest is not null;)
        {
            // A pass takes a while; whoever asked gets its thread back first.
            await Task.Yield();
            var window = Scan(rest, cancellationToken);
            foreach (var revision in window.Sorted())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return Read(lookup, revision);
            }

            rest = window.End is { } end ? rest with { Start = end } : null;
        }
    }

    /// <summary>True for the entry a revision bump leaves, which is no key anybody can read.</summary>
    public static bool IsPlaceholder(KeyBucketReader entry) => entry.RawValue.IsEmpty;

    public static KeyRecord ToRecord(KeyValueView view) => new()
    {
        Key = view.Key.ToArray(),
        Value = view.Value.ToArray(),
        CreateRevision = view.CreateRevision,
        ModRevision = view.ModRevision,
        Version = view.Version,
        Lease = view.Lease,
    };

    private KeyWindow Scan(KeyRange range, CancellationToken cancellationToken)
    {
        var window = new KeyWindow(range, _limits);
        var entries = new KeyBucketReader(_file.OpenCursor(_keys), cancellationToken);
        while (entries.MoveNext() && entries.Revision.Main <= _revision)
        {
            if (!IsPlaceholder(entries))
            {
                window.Set(CheckedKey(entries), entries.Revision, entries.IsTombstone);
            }
        }

        return window;
    }

    private static ReadOnlySpan<byte> CheckedKey(KeyBucketReader entry)
    {
        var key = entry.UserKey;
        return key.Length <= BrowseLimits.KeyLengthMax
            ? key
            : throw new CorruptDatabaseException(entry.PageId, $"revision {entry.Revision.Main}.{entry.Revision.Sub} has a key of {key.Length} bytes");
    }

    private static KeyRecord Read(RevisionLookup lookup, Revision revision)
    {
        Span<byte> key = stackalloc byte[Revision.EncodedBytes];
        revision.Write(key);
        if (!lookup.TryFind(key, out var value, out var page))
        {
            throw new CorruptDatabaseException(page, $"revision {revision.Main}.{revision.Sub} is not where the tree's branches lead");
        }

        return KeyValueView.TryParse(value, out var view)
            ? ToRecord(view)
            : throw new CorruptDatabaseException(page, $"the record of revision {revision.Main}.{revision.Sub} is not a KeyValue");
    }
}
