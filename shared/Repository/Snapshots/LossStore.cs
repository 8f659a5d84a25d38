using System.Text.Json;
using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Snapshots;

/// <summary>The objects <c>losses/&lt;snapshot&gt;/&lt;26 characters&gt;</c>: create-only, the newest of a snapshot counts.</summary>
public static class LossStore
{
    /// <summary>What is lost, by snapshot. A record that cannot be read still says which snapshot it is about.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static async Task<IReadOnlyDictionary<SnapshotId, SnapshotLoss>> ReadAsync(
        IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        Dictionary<SnapshotId, SnapshotLoss> losses = [];
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.LossesPrefix, cancellationToken))
        {
            if (SnapshotOf(info.Name) is { } snapshot && await TryReadAsync(store, keys, info.Name, snapshot, cancellationToken) is { } loss)
            {
                losses[snapshot] = loss;
            }
        }

        return losses;
    }

    /// <summary>The names of all records.</summary>
    internal static async Task<IReadOnlyList<string>> NamesAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.LossesPrefix, cancellationToken))
        {
            names.Add(info.Name);
        }

        return names;
    }

    /// <summary>Records a loss; what was recorded about that snapshot before goes afterwards.</summary>
    internal static async Task WriteAsync(
        IObjectStore store, MasterKeys keys, SnapshotLoss loss, TimeProvider clock, CancellationToken cancellationToken)
    {
        string name = $"{ObjectNames.LossesPrefix}{loss.Snapshot}/{SortableId.Create(clock)}";
        ObjectHeader header = ObjectHeader.Create(ObjectType.Loss, keys.CurrentEpoch, ObjectNames.IdOf(name));
        byte[] content = SealedObject.Seal(keys, header, name, JsonSerializer.SerializeToUtf8Bytes(loss, LossJson.Default.SnapshotLoss));
        await Writing.ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
        await RemoveAsync(store, loss.Snapshot, name, cancellationToken);
    }

    /// <summary>Removes what is recorded about a snapshot that is whole again.</summary>
    internal static Task RemoveAsync(IObjectStore store, SnapshotId snapshot, CancellationToken cancellationToken) =>
        RemoveAsync(store, snapshot, null, cancellationToken);

    private static async Task RemoveAsync(IObjectStore store, SnapshotId snapshot, string? kept, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await foreach (ObjectInfo info in store.ListAsync($"{ObjectNames.LossesPrefix}{snapshot}/", cancellationToken))
        {
            names.Add(info.Name);
        }

        foreach (string name in names.Where(n => n != kept))
        {
            await store.DeleteAsync(name, cancellationToken);
        }
    }

    /// <summary>The snapshot a record is about, by its name; null when that is none.</summary>
    internal static SnapshotId? SnapshotOf(string name)
    {
        string[] parts = name.Split('/');
        return parts.Length == 3 && SnapshotId.TryParse(parts[1], out SnapshotId id) ? id : null;
    }

    /// <summary>What is wrong with a record; null when it is sound or gone.</summary>
    internal static async Task<RepositoryCorruptException?> DamageOfAsync(
        IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        try
        {
            await ReadOneAsync(store, keys, name, cancellationToken);
            return null;
        }
        catch (RepositoryCorruptException e)
        {
            return e.Damage == RepositoryDamage.Missing ? null : e;
        }
    }

    private static async Task<SnapshotLoss?> TryReadAsync(
        IObjectStore store, MasterKeys keys, string name, SnapshotId snapshot, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadOneAsync(store, keys, name, cancellationToken);
        }
        catch (RepositoryCorruptException e)
        {
            // Removed since it was listed is the one case that says nothing.
            return e.Damage == RepositoryDamage.Missing ? null : Unreadable(name, snapshot);
        }
    }

    private static async Task<SnapshotLoss> ReadOneAsync(IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        byte[] content = await SmallObjects.ReadAsync(store, name, RepositoryLimits.ManifestBytesMax, cancellationToken);
        ReadOnlyMemory<byte> payload = SealedObject.Open(keys, ObjectType.Loss, ObjectNames.IdOf(name), name, content);
        try
        {
            SnapshotLoss? loss = JsonSerializer.Deserialize(payload.Span, LossJson.Default.SnapshotLoss);
            return loss is not null && loss.Snapshot == SnapshotOf(name)
                ? loss
                : throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is about another snapshot");
        }
        catch (JsonException e)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "does not read as a record of losses", inner: e);
        }
    }

    private static SnapshotLoss Unreadable(string name, SnapshotId snapshot) => new()
    {
        Snapshot = snapshot,
        FoundAt = DateTimeOffset.UnixEpoch,
        Objects = [name],
        Paths = [],
        PathCount = 0,
    };
}
