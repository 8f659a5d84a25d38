using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// Makes a new data key: (1) every slot is opened, or recognised, with what the caller gives; (2) a new slot with the new key is written
/// for each; (3) the old slots go; (4) nothing but the new slots is left; (5) the key is marked as in use. Before (5) nothing is sealed
/// with it, so a crash anywhere leaves a repository that every slot opens, and the same call goes on from there. Data stays as it is.
/// </summary>
public sealed class DataKeyRotation
{
    private readonly IObjectStore _store;
    private readonly KeySlots _slots;
    private readonly TimeProvider _clock;

    public DataKeyRotation(IObjectStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
        _slots = new KeySlots(store, clock);
    }

    /// <summary>Rotates; returns the epoch that is in use now. A running writer uses it when it opens the repository again.</summary>
    /// <param name="credentials">What opens the slots; of a recovery key the public half suffices.</param>
    /// <param name="removed">Ids of slots that are to go instead of getting the new key.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="KeyException">
    /// <see cref="KeyError.SlotLeftBehind"/>: a slot would not get the key; <see cref="KeyError.TooFewSlots"/>; <see cref="KeyError.WrongKey"/>:
    /// none of the credentials opens anything. Nothing was put into use.
    /// </exception>
    public async Task<uint> RunAsync(
        IReadOnlyList<SlotCredential> credentials, IReadOnlyCollection<string> removed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        ArgumentNullException.ThrowIfNull(removed);
        SlotCredential[] opening = [.. credentials.Where(c => c is not RecoveryPublicKey)];
        IReadOnlyList<SlotTest> tested = await _slots.OpenAllAsync(opening, stopAtFirst: false, cancellationToken);
        try
        {
            using MasterKeys keys = NextKeys(tested);
            Dictionary<string, SlotCredential> owners = await OwnersAsync(tested, credentials, removed, cancellationToken);
            HashSet<string> good = await RewrapAsync(tested, owners, keys, cancellationToken);
            foreach (SlotTest old in tested.Where(t => !good.Contains(t.Slot.Id)))
            {
                await _store.DeleteAsync($"{ObjectNames.KeysPrefix}{old.Slot.Id}", cancellationToken);
            }

            await RequireOnlyAsync(good, "no new data key was put into use", cancellationToken);
            await EpochMarks.WriteAsync(_store, keys, _clock.GetUtcNow(), cancellationToken);
            await RequireOnlyAsync(good, "the new data key is in use; remove that slot and add it again", cancellationToken);
            return keys.HighestEpoch;
        }
        finally
        {
            foreach (SlotTest test in tested)
            {
                test.Keys?.Dispose();
            }
        }
    }

    // Goes on with the key of an interrupted rotation, so that slots that have it already are good.
    private static MasterKeys NextKeys(IReadOnlyList<SlotTest> tested)
    {
        MasterKeys newest = tested.Where(t => t.Keys is not null).MaxBy(t => t.Keys!.HighestEpoch)?.Keys
            ?? throw new KeyException(KeyError.WrongKey, "None of the keys opens a slot of the repository");
        if (newest.HighestEpoch == newest.CurrentEpoch)
        {
            return newest.WithNewDataKey();
        }

        using SecretBytes payload = newest.Serialize();
        return MasterKeys.Deserialize(payload.Span);
    }

    /// <summary>Which credential each slot that stays belongs to.</summary>
    private async Task<Dictionary<string, SlotCredential>> OwnersAsync(
        IReadOnlyList<SlotTest> tested,
        IReadOnlyList<SlotCredential> credentials,
        IReadOnlyCollection<string> removed,
        CancellationToken cancellationToken)
    {
        Dictionary<string, SlotCredential> owners = [];
        List<KeySlotInfo> left = [];
        foreach (SlotTest test in tested.Where(t => !removed.Contains(t.Slot.Id)))
        {
            SlotCredential? owner = test.Credential ?? await PublicKeyOfAsync(test.Slot, credentials, cancellationToken);
            if (owner is null)
            {
                throw new KeyException(
                    KeyError.SlotLeftBehind,
                    $"The key slot {test.Slot.Id} '{test.Slot.Label}' ({test.Slot.Kind?.ToString() ?? "damaged"}) would not get the new data key: give what opens it, or have it removed");
            }

            owners[test.Slot.Id] = owner;
            left.Add(test.Slot);
        }

        // Slots of one credential become one slot.
        KeySlots.RequireEnough([.. left.DistinctBy(s => owners[s.Id])]);
        return owners;
    }

    private async Task<RecoveryPublicKey?> PublicKeyOfAsync(
        KeySlotInfo slot, IReadOnlyList<SlotCredential> credentials, CancellationToken cancellationToken)
    {
        if (slot.Kind != KeySlotKind.RecoveryKey || slot.Damage is not null)
        {
            return null;
        }

        string name = $"{ObjectNames.KeysPrefix}{slot.Id}";
        KeySlot read = KeySlotCodec.Decode(
            name, await SmallObjects.ReadAsync(_store, name, RepositoryLimits.SmallObjectBytesMax, cancellationToken));
        return credentials.OfType<RecoveryPublicKey>().FirstOrDefault(k => read.Fingerprint.AsSpan().SequenceEqual(RecoveryPublicKey.FingerprintOf(k.Point)));
    }

    // One slot with all the keys for each credential: one that is there, of an interrupted rotation, or a new one. What a public key
    // wrapped cannot be looked into, so it always gets a new one.
    private async Task<HashSet<string>> RewrapAsync(
        IReadOnlyList<SlotTest> tested, Dictionary<string, SlotCredential> owners, MasterKeys keys, CancellationToken cancellationToken)
    {
        HashSet<string> good = [];
        foreach (IGrouping<SlotCredential, SlotTest> group in tested.Where(t => owners.ContainsKey(t.Slot.Id)).GroupBy(t => owners[t.Slot.Id]))
        {
            SlotTest? done = group.FirstOrDefault(t => t.Keys?.HasSameDataKeys(keys) == true);
            SlotCredential credential = group.Key is RecoveryPrivateKey pair ? pair.PublicKey : group.Key;
            good.Add(done?.Slot.Id ?? await _slots.AddAsync(keys, new NewSlot(credential, group.First().Slot.Label), cancellationToken));
        }

        return good;
    }

    private async Task RequireOnlyAsync(HashSet<string> good, string state, CancellationToken cancellationToken)
    {
        KeySlotInfo? stranger = (await _slots.ListAsync(cancellationToken)).FirstOrDefault(s => !good.Contains(s.Id));
        if (stranger is not null)
        {
            throw new KeyException(
                KeyError.SlotLeftBehind, $"The key slot {stranger.Id} '{stranger.Label}' was added meanwhile and lacks the new data key; {state}");
        }
    }
}
