using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository;

/// <summary>Makes a repository in a store: slots first, config last, so that a config means a repository that can be unlocked.</summary>
public static class RepositoryInitializer
{
    /// <summary>Makes the repository and gives its keys. The caller must have stored or shown the recovery credential before.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.TooFewSlots"/>: at least two slots, one of the recovery kind.</exception>
    /// <exception cref="RepositoryExistsException">The store has a repository; nothing of it was changed.</exception>
    /// <exception cref="ObjectStoreException">The store failed; what is left does no harm, and the call may be repeated.</exception>
    public static async Task<MasterKeys> CreateAsync(
        IObjectStore store, IReadOnlyList<NewSlot> slots, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(clock);
        if (slots.Count < KeySlots.SlotsMin || !slots.Any(s => s.Credential.IsRecovery))
        {
            throw new KeyException(
                KeyError.TooFewSlots, $"A repository needs at least {KeySlots.SlotsMin} key slots, one of them for recovery");
        }

        if (await store.HeadAsync(ObjectNames.Config, cancellationToken) is not null)
        {
            throw new RepositoryExistsException();
        }

        // Slots without a config are what an interrupted initialisation left. Its keys sealed nothing yet and are used
        // on, so that a credential never opens two sets of keys.
        KeySlots keySlots = new(store, clock);
        bool[] opens = new bool[slots.Count];
        MasterKeys keys = await FindLeftKeysAsync(keySlots, slots, opens, cancellationToken) ?? MasterKeys.Create(RepositoryId.Create());
        List<string> added = [];
        try
        {
            for (int i = 0; i < slots.Count; i++)
            {
                if (!opens[i])
                {
                    added.Add(await keySlots.AddAsync(keys, slots[i], cancellationToken));
                }
            }

            RepositoryConfig config = new(keys.Repository, RepositoryLimits.FormatVersion, clock.GetUtcNow());
            await Writing.ObjectPublisher.PublishAsync(store, ObjectNames.Config, ConfigCodec.Encode(config, keys), cancellationToken);
            return keys;
        }
        catch (ObjectTakenException)
        {
            // Another initialisation won the race for the config. Our slots open nothing there, so they go.
            keys.Dispose();
            foreach (string id in added)
            {
                await store.DeleteAsync($"{ObjectNames.KeysPrefix}{id}", cancellationToken);
            }

            throw new RepositoryExistsException();
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    /// <summary>True when the store holds a repository: its config, which is written last.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static async Task<bool> ExistsAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        return await store.HeadAsync(ObjectNames.Config, cancellationToken) is not null;
    }

    private static async Task<MasterKeys?> FindLeftKeysAsync(
        KeySlots keySlots, IReadOnlyList<NewSlot> slots, bool[] opens, CancellationToken cancellationToken)
    {
        MasterKeys? left = null;
        for (int i = 0; i < slots.Count; i++)
        {
            try
            {
                MasterKeys opened = await keySlots.UnlockAsync(slots[i].Credential, cancellationToken);
                opens[i] = left is null || opened.Repository == left.Repository;
                left ??= opened;
                if (!ReferenceEquals(left, opened))
                {
                    opened.Dispose();
                }
            }
            catch (Exception e) when (e is KeyException or RepositoryCorruptException)
            {
                // No usable slot for this credential: it gets one.
            }
        }

        return left;
    }
}
