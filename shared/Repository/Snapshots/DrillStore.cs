using System.Runtime.CompilerServices;
using System.Text.Json;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Snapshots;

/// <summary>The objects <c>drills/&lt;snapshot&gt;/&lt;26 characters&gt;</c>: JSON, sealed, create-only. They go with their snapshot.</summary>
public static class DrillStore
{
    private const int ObjectBytesMax = 64 << 10;

    /// <summary>All records in order of their snapshots, of each the oldest first.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static IAsyncEnumerable<DrillEntry> ReadAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken) =>
        ReadBelowAsync(store, keys, ObjectNames.DrillsPrefix, cancellationToken);

    /// <summary>The records of one snapshot, the oldest first.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static IAsyncEnumerable<DrillEntry> ReadAsync(
        IObjectStore store, MasterKeys keys, SnapshotId snapshot, CancellationToken cancellationToken) =>
        ReadBelowAsync(store, keys, $"{ObjectNames.DrillsPrefix}{snapshot}/", cancellationToken);

    /// <summary>The newest record of each snapshot that has one, readable or not.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static async Task<IReadOnlyDictionary<SnapshotId, DrillEntry>> NewestAsync(
        IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        Dictionary<SnapshotId, DrillEntry> newest = [];
        await foreach (DrillEntry entry in ReadAsync(store, keys, cancellationToken))
        {
            if (entry.Snapshot is { } snapshot)
            {
                newest[snapshot] = entry;
            }
        }

        return newest;
    }

    /// <summary>The snapshot a record is about, by its name; null when that is none.</summary>
    internal static SnapshotId? SnapshotOf(string name)
    {
        string[] parts = name.Split('/');
        return parts.Length == 3 && SnapshotId.TryParse(parts[1], out SnapshotId id) ? id : null;
    }

    internal static async Task WriteAsync(IObjectStore store, MasterKeys keys, DrillRecord record, CancellationToken cancellationToken)
    {
        string name = ObjectNames.Drill(record.Snapshot, record.Id);
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(record, DrillJson.Default.DrillRecord);
        byte[] content = SealedObject.Seal(keys, ObjectHeader.Create(ObjectType.Drill, 0, ObjectNames.IdOf(name)), name, payload);
        await ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
    }

    private static async IAsyncEnumerable<DrillEntry> ReadBelowAsync(
        IObjectStore store, MasterKeys keys, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in store.ListAsync(prefix, cancellationToken))
        {
            if (await TryReadAsync(store, keys, info.Name, cancellationToken) is { } entry)
            {
                yield return entry;
            }
        }
    }

    // Null when it was removed since it was listed.
    private static async Task<DrillEntry?> TryReadAsync(IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        try
        {
            return new DrillEntry(name, SnapshotOf(name), await ReadOneAsync(store, keys, name, cancellationToken), null);
        }
        catch (RepositoryCorruptException e)
        {
            return e.Damage == RepositoryDamage.Missing ? null : new DrillEntry(name, SnapshotOf(name), null, e);
        }
    }

    private static async Task<DrillRecord> ReadOneAsync(IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        byte[] content = await SmallObjects.ReadAsync(store, name, ObjectBytesMax, cancellationToken);
        ReadOnlyMemory<byte> payload = SealedObject.Open(keys, ObjectType.Drill, ObjectNames.IdOf(name), name, content);
        try
        {
            DrillRecord? record = JsonSerializer.Deserialize(payload.Span, DrillJson.Default.DrillRecord);
            return record is not null && ObjectNames.Drill(record.Snapshot, record.Id) == name
                ? record
                : throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is the record of another drill");
        }
        catch (JsonException e)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "does not read as the record of a drill", inner: e);
        }
    }
}
