using System.Globalization;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Browsing;

/// <summary>
/// A snapshot, or another copy of a member's database, opened for looking around in it. Reads page by page, never all of it.
/// Not thread-safe.
/// </summary>
public sealed class SnapshotDatabase : IDisposable
{
    private readonly BoltFile _file;
    private readonly BoltBucket _keys;
    private readonly BrowseLimits _limits;

    private SnapshotDatabase(BoltFile file, BoltBucket keys, BrowseLimits limits)
    {
        _file = file;
        _keys = keys;
        _limits = limits;
        CompactRevision = ReadCompactRevision(file);
        Revision = Math.Max(Math.Max(ReadLastRevision(file, keys), CompactRevision), 1);
    }

    /// <summary>Oldest revision that can be read, 0 when nothing was ever compacted.</summary>
    public long CompactRevision { get; }

    /// <summary>Newest revision.</summary>
    public long Revision { get; }

    /// <summary>Length of the database in bytes, without a digest that may follow it.</summary>
    public long DatabaseBytes => _file.Meta.DatabaseBytes;

    /// <summary>Opens a file; a digest at its end is not looked at.</summary>
    /// <exception cref="CorruptDatabaseException">It is no database, or damaged where one begins to read.</exception>
    /// <exception cref="BrowseException">It is a database without a key space.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SnapshotDatabase Open(string path, BrowseLimits? limits = null)
    {
        var file = BoltFile.Open(path);
        try
        {
            var keys = file.FindBucket(BucketNames.Key)
                ?? throw new BrowseException(BrowseFault.NoKeySpace, "The file is a database, but holds no key space; it is none of etcd's version 3.");
            return new SnapshotDatabase(file, keys, limits ?? new BrowseLimits());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The key space at a revision, or the newest.</summary>
    /// <exception cref="BrowseException">The snapshot does not have that revision.</exception>
    public IKeySpace At(long? revision = null)
    {
        var wanted = revision ?? Revision;
        if (wanted > Revision)
        {
            throw new BrowseException(
                BrowseFault.FutureRevision,
                string.Create(CultureInfo.InvariantCulture, $"Revision {wanted} comes after the snapshot, which ends at {Revision}."));
        }

        if (wanted < Math.Max(CompactRevision, 1))
        {
            throw new BrowseException(
                BrowseFault.Compacted,
                string.Create(CultureInfo.InvariantCulture, $"Revision {wanted} is compacted; the snapshot has {Math.Max(CompactRevision, 1)} to {Revision}."));
        }

        return new SnapshotKeySpace(_file, _keys, wanted, _limits);
    }

    /// <summary>
    /// Every change in a stretch that the file still has, in the order of revisions. A snapshot taken during a compaction
    /// has changes from before <see cref="CompactRevision"/>, too.
    /// </summary>
    /// <exception cref="CorruptDatabaseException">Thrown while enumerating: an entry is damaged.</exception>
    public IEnumerable<KeyChange> History(KeyRange range, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(range);
        var entries = new KeyBucketReader(_file.OpenCursor(_keys), cancellationToken);
        while (entries.MoveNext())
        {
            if (!SnapshotKeySpace.IsPlaceholder(entries) && range.Contains(entries.UserKey))
            {
                yield return ToChange(entries);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static KeyChange ToChange(KeyBucketReader entry)
    {
        var record = entry.IsTombstone ? null : SnapshotKeySpace.ToRecord(entry.Record);
        return new KeyChange(record?.Key ?? entry.UserKey.ToArray(), entry.Revision, record);
    }

    private static long ReadLastRevision(BoltFile file, BoltBucket keys)
    {
        var last = new RevisionLookup(file, keys).LastKey();
        if (last.IsEmpty)
        {
            return 0;
        }

        return Snapshots.Revision.TryParse(last, out var revision, out _)
            ? revision.Main
            : throw new CorruptDatabaseException(keys.HomePage, "the last key of the key bucket is not a revision");
    }

    private static long ReadCompactRevision(BoltFile file)
    {
        if (file.FindBucket(BucketNames.Meta) is not { } meta)
        {
            return 0;
        }

        var lookup = new RevisionLookup(file, meta);
        return Math.Max(ReadMark(lookup, BucketNames.ScheduledCompactRevision), ReadMark(lookup, BucketNames.FinishedCompactRevision));
    }

    private static long ReadMark(RevisionLookup meta, ReadOnlySpan<byte> name)
    {
        if (!meta.TryFind(name, out var value, out var page))
        {
            return 0;
        }

        return Snapshots.Revision.TryParse(value, out var mark, out _)
            ? mark.Main
            : throw new CorruptDatabaseException(page, "a compaction mark is not a revision");
    }
}
