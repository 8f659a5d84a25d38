using System.Security.Cryptography;
using System.Text;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// The key slots of a repository: unlock, list, add, remove. Slots are create-only objects; removing is the one deletion here,
/// and never leaves fewer than <see cref="SlotsMin"/> intact slots or none of the recovery kind.
/// </summary>
public sealed class KeySlots
{
    /// <summary>Fewest slots a repository has.</summary>
    public const int SlotsMin = 2;

    private const int TagBytes = 16;

    private static readonly byte[] s_zeroNonce = new byte[12];

    private readonly IObjectStore _store;
    private readonly TimeProvider _clock;

    public KeySlots(IObjectStore store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
    }

    /// <summary>Opens the repository's keys with whatever slot the credential fits.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.WrongKey"/> or <see cref="KeyError.NoSuchSlot"/>.</exception>
    /// <exception cref="RepositoryCorruptException">No intact slot fits, and a damaged one may have.</exception>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public async Task<MasterKeys> UnlockAsync(SlotCredential credential, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(credential);
        bool anyOfKind = false;
        RepositoryCorruptException? damage = null;
        await foreach ((_, KeySlot? slot, RepositoryCorruptException? slotDamage) in ReadAllAsync(cancellationToken))
        {
            damage ??= slotDamage;
            if (slot?.Kind != credential.Kind)
            {
                continue;
            }

            anyOfKind = true;
            try
            {
                if (Unwrap(slot, credential) is MasterKeys keys)
                {
                    return keys;
                }
            }
            catch (RepositoryCorruptException e)
            {
                // One slot nobody can use, damaged or of a newer program, must not keep the others from opening.
                damage ??= e;
            }
        }

        throw damage
            ?? (Exception)(anyOfKind
                ? new KeyException(KeyError.WrongKey, $"No {credential.Kind} slot of the repository opens with this key")
                : new KeyException(KeyError.NoSuchSlot, $"The repository has no {credential.Kind} slot"));
    }

    /// <summary>All slots in order of their names.</summary>
    public async Task<IReadOnlyList<KeySlotInfo>> ListAsync(CancellationToken cancellationToken)
    {
        List<KeySlotInfo> slots = [];
        await foreach ((string id, KeySlot? slot, RepositoryCorruptException? damage) in ReadAllAsync(cancellationToken))
        {
            slots.Add(new KeySlotInfo(id, slot?.Kind, slot?.Label ?? "", slot?.CreatedAt, damage));
        }

        return slots;
    }

    /// <summary>Adds a slot and proves that it reads back and, where the credential can open slots, that it opens.</summary>
    /// <returns>The new slot's id.</returns>
    public async Task<string> AddAsync(MasterKeys keys, NewSlot slot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(slot);
        if (Encoding.UTF8.GetByteCount(slot.Label) > KeySlotCodec.LabelBytesMax)
        {
            throw new KeyException(KeyError.Unusable, $"The label of a key slot has at most {KeySlotCodec.LabelBytesMax} bytes");
        }

        KeySlot wrapped = Wrap(keys, slot);
        string name = ObjectNames.Key(wrapped.Id);
        await Writing.ObjectPublisher.PublishAsync(_store, name, KeySlotCodec.Encode(wrapped), cancellationToken);
        KeySlot readBack = await ReadAsync(name, cancellationToken);
        if (slot.Credential is not RecoveryPublicKey)
        {
            using MasterKeys? reopened = Unwrap(readBack, slot.Credential);
            Model.Invariants.Invariant.Check(reopened is not null);
        }

        return wrapped.Id.ToString();
    }

    /// <summary>Removes a slot.</summary>
    /// <exception cref="KeyException"><see cref="KeyError.TooFewSlots"/> or <see cref="KeyError.NoSuchSlot"/>.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeySlotInfo> slots = await ListAsync(cancellationToken);
        if (slots.All(s => s.Id != id))
        {
            throw new KeyException(KeyError.NoSuchSlot, $"There is no key slot '{id}'");
        }

        KeySlotInfo[] left = [.. slots.Where(s => s.Id != id && s.Damage is null)];
        if (left.Length < SlotsMin)
        {
            throw new KeyException(KeyError.TooFewSlots, $"A repository keeps at least {SlotsMin} intact key slots");
        }

        if (!left.Any(s => s.IsRecovery))
        {
            throw new KeyException(KeyError.TooFewSlots, "A repository keeps at least one recovery slot");
        }

        await _store.DeleteAsync($"{ObjectNames.KeysPrefix}{id}", cancellationToken);
    }

    private static MasterKeys? Unwrap(KeySlot slot, SlotCredential credential)
    {
        using SecretBytes? wrappingKey = credential.WrappingKeyOf(slot);
        if (wrappingKey is null || slot.Wrapped.Length < TagBytes)
        {
            return null;
        }

        byte[] payload = GC.AllocateArray<byte>(slot.Wrapped.Length - TagBytes, pinned: true);
        try
        {
            using AesGcm cipher = new(wrappingKey.Span, TagBytes);
            cipher.Decrypt(
                s_zeroNonce,
                slot.Wrapped.AsSpan(..^TagBytes),
                slot.Wrapped.AsSpan(^TagBytes..),
                payload,
                KeySlotCodec.AssociatedData(slot, slot.Wrapped.Length));
            MasterKeys keys = MasterKeys.Deserialize(payload);
            return keys.Repository == slot.Repository
                ? keys
                : throw new RepositoryCorruptException(
                    RepositoryDamage.Inconsistent, ObjectNames.Key(slot.Id), "holds keys of another repository");
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        catch (FormatException e)
        {
            throw new RepositoryCorruptException(RepositoryDamage.UnsupportedVersion, ObjectNames.Key(slot.Id), e.Message, inner: e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    private KeySlot Wrap(MasterKeys keys, NewSlot request)
    {
        KeySlot blank = new()
        {
            Id = ObjectId.Create(),
            Repository = keys.Repository,
            Kind = request.Credential.Kind,
            Kdf = default,
            Salt = RandomNumberGenerator.GetBytes(KeySlot.SaltBytes),
            Label = request.Label,
            CreatedAt = _clock.GetUtcNow(),
        };
        (KeySlot slot, SecretBytes wrappingKey) = request.Credential.Prepare(blank);
        using (wrappingKey)
        using (SecretBytes payload = keys.Serialize())
        using (AesGcm cipher = new(wrappingKey.Span, TagBytes))
        {
            byte[] wrapped = new byte[payload.Length + TagBytes];
            cipher.Encrypt(
                s_zeroNonce,
                payload.Span,
                wrapped.AsSpan(..^TagBytes),
                wrapped.AsSpan(^TagBytes..),
                KeySlotCodec.AssociatedData(slot, wrapped.Length));
            return slot with { Wrapped = wrapped };
        }
    }

    private async IAsyncEnumerable<(string Id, KeySlot? Slot, RepositoryCorruptException? Damage)> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in _store.ListAsync(ObjectNames.KeysPrefix, cancellationToken))
        {
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

            yield return (info.Name[ObjectNames.KeysPrefix.Length..], slot, damage);
        }
    }

    private async Task<KeySlot> ReadAsync(string name, CancellationToken cancellationToken) =>
        KeySlotCodec.Decode(name, await SmallObjects.ReadAsync(_store, name, RepositoryLimits.SmallObjectBytesMax, cancellationToken));
}
