using System.Text;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// The key slots of a repository: unlock, list, test, add, remove. Slots are create-only objects; removing is the one deletion here,
/// and never leaves fewer than <see cref="SlotsMin"/> intact slots or none of the recovery kind.
/// </summary>
public sealed class KeySlots
{
    /// <summary>Fewest slots a repository has.</summary>
    public const int SlotsMin = 2;

    /// <summary>Most slots that are looked at; nobody needs so many, and a forged crowd must not keep the keys from opening for ever.</summary>
    public const int SlotsMax = 256;

    // All slots tried by one unlocking together, so that many forged ones cost no more than one: about a minute.
    private const long RoundsMax = 60_000_000;

    private readonly IObjectStore _store;
    private readonly TimeProvider _clock;

    public KeySlots(IObjectStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    /// <summary>Opens the repository's keys with whatever slot the credential fits.</summary>
    /// <exception cref="KeyException">
    /// <see cref="KeyError.WrongKey"/> or <see cref="KeyError.NoSuchSlot"/>; <see cref="KeyError.Outdated"/> when the only slot it opens is from
    /// before the data key in use.
    /// </exception>
    /// <exception cref="RepositoryCorruptException">No intact slot fits, and a damaged one may have.</exception>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public async Task<MasterKeys> UnlockAsync(SlotCredential credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);
        IReadOnlyList<SlotTest> tested = await OpenAllAsync([credential], stopAtFirst: true, cancellationToken);
        SlotTest? opened = tested.FirstOrDefault(t => t.Keys is not null);
        if (opened?.Keys is { } keys)
        {
            return keys;
        }

        if (tested.FirstOrDefault(t => t.Result == SlotTestResult.Outdated) is { } outdated)
        {
            throw new KeyException(
                KeyError.Outdated, $"The key slot {outdated.Slot.Id} lacks the data key the repository uses now; remove it and add it again");
        }

        RepositoryCorruptException? damage = tested.Select(t => t.Slot.Damage ?? t.Damage).FirstOrDefault(d => d is not null);
        throw damage
            ?? (Exception)(tested.Any(t => t.Slot.Kind == credential.Kind)
                ? new KeyException(KeyError.WrongKey, $"No {credential.Kind} slot of the repository opens with this key")
                : new KeyException(KeyError.NoSuchSlot, $"The repository has no {credential.Kind} slot"));
    }

    /// <summary>What each slot says to the credentials: which open it, which are left untried for want of a credential of their kind.</summary>
    public async Task<IReadOnlyList<SlotTest>> TestAsync(IReadOnlyList<SlotCredential> credentials, CancellationToken cancellationToken)
    {
        IReadOnlyList<SlotTest> tested = await OpenAllAsync(credentials, stopAtFirst: false, cancellationToken);
        foreach (SlotTest test in tested)
        {
            test.Keys?.Dispose();
        }

        return [.. tested.Select(t => t with { Keys = null })];
    }

    /// <summary>All slots in order of their names.</summary>
    public async Task<IReadOnlyList<KeySlotInfo>> ListAsync(CancellationToken cancellationToken)
    {
        List<KeySlotInfo> slots = [];
        await foreach ((KeySlotInfo info, _) in ReadAllAsync(cancellationToken))
        {
            slots.Add(info);
        }

        return slots;
    }

    /// <summary>Adds a slot and proves that it reads back and, where the credential can open slots, that it opens.</summary>
    /// <returns>The new slot's id.</returns>
    /// <exception cref="KeyException"><see cref="KeyError.Outdated"/>: the data key was rotated meanwhile; no slot was left.</exception>
    public async Task<string> AddAsync(MasterKeys keys, NewSlot slot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(slot);
        if (Encoding.UTF8.GetByteCount(slot.Label) > KeySlotCodec.LabelBytesMax)
        {
            throw new KeyException(KeyError.Unusable, $"The label of a key slot has at most {KeySlotCodec.LabelBytesMax} bytes");
        }

        KeySlot wrapped = SlotWrapping.Wrap(keys, slot, _clock.GetUtcNow());
        string name = ObjectNames.Key(wrapped.Id);
        await Writing.ObjectPublisher.PublishAsync(_store, name, KeySlotCodec.Encode(wrapped), cancellationToken);
        KeySlot readBack = await ReadAsync(name, cancellationToken);
        if (slot.Credential is not RecoveryPublicKey)
        {
            using MasterKeys? reopened = SlotWrapping.Unwrap(readBack, slot.Credential);
            Model.Invariants.Invariant.Check(reopened is not null);
        }

        if (!keys.HasActive(await EpochMarks.ReadAsync(_store, cancellationToken)))
        {
            await _store.DeleteAsync(name, cancellationToken);
            throw new KeyException(KeyError.Outdated, "The data key was rotated meanwhile; open the repository again and repeat");
        }

        return wrapped.Id.ToString();
    }

    /// <summary>
    /// Removes a slot. When others were removed at the same time and too few would be left, the slot is put back: whoever removes last
    /// sees what all of them left.
    /// </summary>
    /// <exception cref="KeyException"><see cref="KeyError.TooFewSlots"/> or <see cref="KeyError.NoSuchSlot"/>.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeySlotInfo> slots = await ListAsync(cancellationToken);
        if (slots.All(s => s.Id != id))
        {
            throw new KeyException(KeyError.NoSuchSlot, $"There is no key slot '{id}'");
        }

        RequireEnough([.. slots.Where(s => s.Id != id)]);
        string name = $"{ObjectNames.KeysPrefix}{id}";
        byte[] content = await _store.GetAsync(name, RepositoryLimits.SmallObjectBytesMax, cancellationToken);

        // From here on nothing is cancelled: a slot that is gone may have to come back.
        await _store.DeleteAsync(name, CancellationToken.None);
        try
        {
            RequireEnough(await ListAsync(CancellationToken.None));
        }
        catch (KeyException)
        {
            await Writing.ObjectPublisher.PublishAsync(_store, name, content, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Requires that these slots are as many, and of the kinds, a repository must have.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.TooFewSlots"/>.</exception>
    public static void RequireEnough(IReadOnlyList<KeySlotInfo> left)
    {
        KeySlotInfo[] intact = [.. left.Where(s => s.Damage is null)];
        if (intact.Length < SlotsMin)
        {
            throw new KeyException(KeyError.TooFewSlots, $"A repository keeps at least {SlotsMin} intact key slots");
        }

        if (!intact.Any(s => s.IsRecovery))
        {
            throw new KeyException(KeyError.TooFewSlots, "A repository keeps at least one recovery slot");
        }
    }

    /// <summary>Tries the credentials on all slots, cheap ones first. The keys in the result are the caller's to dispose.</summary>
    internal async Task<IReadOnlyList<SlotTest>> OpenAllAsync(
        IReadOnlyList<SlotCredential> credentials, bool stopAtFirst, CancellationToken cancellationToken)
    {
        IReadOnlyList<EpochMark> marks = await EpochMarks.ReadAsync(_store, cancellationToken);
        List<(KeySlotInfo Info, KeySlot? Slot)> slots = await ReadAllAsync(cancellationToken).ToListAsync(cancellationToken);
        SlotTest[] results = [.. slots.Select(s => new SlotTest(s.Info, SlotTestResult.Untried, null, null, null))];
        long rounds = RoundsMax;
        foreach (int i in Enumerable.Range(0, results.Length).OrderBy(i => slots[i].Slot?.Iterations ?? 0))
        {
            KeySlot? slot = slots[i].Slot;
            foreach (SlotCredential credential in credentials.Where(c => c.Kind == slot?.Kind))
            {
                if (slot!.Iterations > rounds)
                {
                    results[i] = results[i] with { Damage = TooManyRounds(slot) };
                    break;
                }

                rounds -= Math.Max(0, slot.Iterations);
                results[i] = Try(results[i], slot, credential, marks);
                if (results[i].Result is SlotTestResult.Opens or SlotTestResult.Outdated)
                {
                    break;
                }
            }

            if (stopAtFirst && results[i].Result == SlotTestResult.Opens)
            {
                break;
            }
        }

        return results;
    }

    private static SlotTest Try(SlotTest before, KeySlot slot, SlotCredential credential, IReadOnlyList<EpochMark> marks)
    {
        try
        {
            MasterKeys? keys = SlotWrapping.Unwrap(slot, credential);
            if (keys is null)
            {
                return before with { Result = SlotTestResult.DoesNotOpen };
            }

            SlotTestResult result = keys.TryActivate(marks) ? SlotTestResult.Opens : SlotTestResult.Outdated;
            if (result == SlotTestResult.Outdated)
            {
                keys.Dispose();
                keys = null;
            }

            return before with { Result = result, Credential = credential, Keys = keys };
        }
        catch (RepositoryCorruptException e)
        {
            // One slot nobody can use, damaged or of a newer program, must not keep the others from opening.
            return before with { Damage = e };
        }
    }

    private static RepositoryCorruptException TooManyRounds(KeySlot slot) =>
        new(RepositoryDamage.Malformed, ObjectNames.Key(slot.Id), $"asks for {slot.Iterations} rounds of key derivation, more than are spent on unlocking");

    private async IAsyncEnumerable<(KeySlotInfo Info, KeySlot? Slot)> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (ObjectInfo info in _store.ListAsync(ObjectNames.KeysPrefix, cancellationToken))
        {
            string id = info.Name[ObjectNames.KeysPrefix.Length..];
            if (++count > SlotsMax)
            {
                RepositoryCorruptException crowd = new(
                    RepositoryDamage.Inconsistent, ObjectNames.KeysPrefix, $"holds more than {SlotsMax} key slots; the rest is not looked at");
                yield return (new KeySlotInfo(id, null, "", null, crowd), null);
                yield break;
            }

            KeySlot? slot = null;
            RepositoryCorruptException? damage = null;
            try
            {
                slot = await ReadAsync(info.Name, cancellationToken);
            }
            catch (RepositoryCorruptException e)
            {
                damage = e;
            }

            yield return (new KeySlotInfo(id, slot?.Kind, slot?.Label ?? "", slot?.CreatedAt, damage), slot);
        }
    }

    private async Task<KeySlot> ReadAsync(string name, CancellationToken cancellationToken) =>
        KeySlotCodec.Decode(name, await SmallObjects.ReadAsync(_store, name, RepositoryLimits.SmallObjectBytesMax, cancellationToken));
}
