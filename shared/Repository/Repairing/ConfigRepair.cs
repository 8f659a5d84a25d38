using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Repairing;

/// <summary>
/// Makes a lost or damaged <c>config</c> again, from what the keys know, a damaged <c>state</c>, and marks of data keys that are in use. None
/// holds anything else: config says the repository's id, which every slot says too, and its format; state says who may write. Damaged
/// records of what was read are removed, which costs reading again. Objects of a newer format are left alone.
/// </summary>
public static class ConfigRepair
{
    /// <summary>Looks at all of them, and mends them when told to.</summary>
    /// <exception cref="RepositoryCorruptException"><see cref="RepositoryDamage.UnsupportedVersion"/>: a newer program wrote them.</exception>
    /// <exception cref="ObjectStoreException">The store failed; the call may be repeated.</exception>
    public static async Task<ConfigRepairReport> RunAsync(
        IObjectStore store, MasterKeys keys, bool execute, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(clock);
        RepositoryCorruptException? config = await DamageOfConfigAsync(store, keys, cancellationToken);
        VersionedObject? stateObject = await store.GetVersionedAsync(ObjectNames.State, RepositoryLimits.SmallObjectBytesMax, cancellationToken);
        RepositoryCorruptException? state = DamageOfState(stateObject, keys);
        if (execute && config is not null)
        {
            // A crash after this leaves no config, which is repaired in the same way.
            if (config.Damage != RepositoryDamage.Missing)
            {
                await store.DeleteAsync(ObjectNames.Config, cancellationToken);
            }

            DateTimeOffset createdAt = await CreationAsync(store, clock, cancellationToken);
            RepositoryConfig made = new(keys.Repository, RepositoryLimits.FormatVersion, createdAt);
            await Writing.ObjectPublisher.PublishAsync(store, ObjectNames.Config, ConfigCodec.Encode(made, keys), cancellationToken);
        }

        if (execute && state is not null)
        {
            // Which generation it was is lost. Seconds since 1970 are more than any count of writers has come to, and the next repair has more.
            WriterState made = new(clock.GetUtcNow().ToUnixTimeSeconds(), ObjectId.Create(), clock.GetUtcNow(), "repair");
            ObjectVersion? swapped = await store.CompareAndSwapAsync(
                ObjectNames.State, stateObject!.Version, WriterStateCodec.Encode(made, keys), cancellationToken);
            state = swapped is null
                ? throw new ObjectStoreException(ObjectStoreError.Unavailable, "swap", ObjectNames.State, "somebody else changed it meanwhile")
                : state;
        }

        RecordRepair records = await RecordRepair.FindAsync(store, keys, cancellationToken);
        await (execute ? records.ExecuteAsync(store, keys, clock, cancellationToken) : Task.CompletedTask);
        return new ConfigRepairReport(config, state, records.Marks, records.Removed);
    }

    private static async Task<RepositoryCorruptException?> DamageOfConfigAsync(
        IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        try
        {
            ConfigCodec.Decode(
                await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken), keys);
            return null;
        }
        catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.UnsupportedVersion)
        {
            return e;
        }
    }

    private static RepositoryCorruptException? DamageOfState(VersionedObject? state, MasterKeys keys)
    {
        try
        {
            if (state is not null)
            {
                WriterStateCodec.Decode(state.Content, keys);
            }

            return null;
        }
        catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.UnsupportedVersion)
        {
            return e;
        }
    }

    // The oldest slot is the best there is.
    private static async Task<DateTimeOffset> CreationAsync(IObjectStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeySlotInfo> slots = await new KeySlots(store, clock).ListAsync(cancellationToken);
        return slots.Select(s => s.CreatedAt).Min() ?? clock.GetUtcNow();
    }
}
