using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// Reads the key bucket in revision order and checks each entry (level V3): the key is a revision, revisions strictly
/// ascend, the value is a KeyValue. Spans are valid until the next <see cref="MoveNext"/>.
/// </summary>
public sealed class KeyBucketReader
{
    // A cancelled check must not run on for the minutes a large database takes, nor cost a test per entry.
    private const int EntriesPerCancellationTest = 4096;

    private readonly BoltCursor _cursor;
    private readonly CancellationToken _cancellationToken;
    private Revision _revision = new(-1, 0);
    private bool _tombstone;

    /// <summary>Reads the entries of a cursor opened on the key bucket.</summary>
    public KeyBucketReader(BoltCursor cursor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        _cursor = cursor;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Position of the current entry, from 0.</summary>
    public long Ordinal { get; private set; } = -1;

    /// <summary>Revision of the current entry.</summary>
    public Revision Revision => _revision;

    /// <summary>True when the current entry is a deletion.</summary>
    public bool IsTombstone => _tombstone;

    /// <summary>Revision as stored, 17 or 18 bytes.</summary>
    public ReadOnlySpan<byte> RawKey => _cursor.Key;

    /// <summary>The record as stored.</summary>
    public ReadOnlySpan<byte> RawValue => _cursor.Value;

    /// <summary>Page of the current entry.</summary>
    public ulong PageId => _cursor.PageId;

    /// <summary>The user's key of the current entry.</summary>
    public ReadOnlySpan<byte> UserKey => Record.Key;

    /// <summary>The current record.</summary>
    public KeyValueView Record => KeyValueView.TryParse(_cursor.Value, out var view)
        ? view
        : throw new CorruptDatabaseException(_cursor.PageId, $"the record of revision {_revision.Main}.{_revision.Sub} is not a KeyValue");

    /// <summary>Goes to the next entry and checks its revision; false at the end.</summary>
    /// <exception cref="CorruptDatabaseException">The entry is not one a server writes.</exception>
    public bool MoveNext()
    {
        if ((Ordinal + 1) % EntriesPerCancellationTest == 0)
        {
            _cancellationToken.ThrowIfCancellationRequested();
        }

        if (!_cursor.MoveNext())
        {
            return false;
        }

        Ordinal++;
        if (_cursor.IsBucket || !Revision.TryParse(_cursor.Key, out var revision, out var tombstone))
        {
            throw new CorruptDatabaseException(_cursor.PageId, "a key of the key bucket is not a revision");
        }

        if (revision <= _revision)
        {
            throw new CorruptDatabaseException(
                _cursor.PageId, $"revision {revision.Main}.{revision.Sub} follows {_revision.Main}.{_revision.Sub}");
        }

        _revision = revision;
        _tombstone = tombstone;
        return true;
    }
}
