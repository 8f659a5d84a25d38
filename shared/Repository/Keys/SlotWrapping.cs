using System.Security.Cryptography;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>Wraps the master keys into a slot and out of it: AES-256-GCM under a key that is the slot's alone.</summary>
internal static class SlotWrapping
{
    private const int TagBytes = 16;

    private static readonly byte[] s_zeroNonce = new byte[12];

    /// <summary>The keys in a slot; null when the credential does not open it.</summary>
    /// <exception cref="RepositoryCorruptException">The slot's parameters or the keys in it make no sense.</exception>
    public static MasterKeys? Unwrap(KeySlot slot, SlotCredential credential)
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

    /// <summary>A new slot with the keys.</summary>
    public static KeySlot Wrap(MasterKeys keys, NewSlot request, DateTimeOffset createdAt)
    {
        KeySlot blank = new()
        {
            Id = ObjectId.Create(),
            Repository = keys.Repository,
            Kind = request.Credential.Kind,
            Kdf = default,
            Salt = RandomNumberGenerator.GetBytes(KeySlot.SaltBytes),
            Label = request.Label,
            CreatedAt = createdAt,
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
}
