using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Format;

/// <summary>
/// Seals and opens the parts of one object with AES-256-GCM under a key of its own: HKDF-SHA-256 of the repository's key with the
/// object's random salt. The nonce is the part's number, so none repeats under a key; the associated data is the repository id, the
/// object's header, the part number and, for the trailing part, a value of the object's own. Not thread-safe.
/// </summary>
internal sealed class ObjectSealer : IDisposable
{
    public const int TagBytes = 16;

    /// <summary>Number of the part that ends a pack or is the only part of another object.</summary>
    public const uint TrailingPart = uint.MaxValue;

    private const int NonceBytes = 12;
    private const int AssociatedBytes = RepositoryId.Bytes + ObjectHeader.Bytes + sizeof(uint) + sizeof(ulong);

    private readonly AesGcm _cipher;
    private readonly byte[] _associated = new byte[AssociatedBytes];
    private readonly byte[] _nonce = new byte[NonceBytes];

    private ObjectSealer(AesGcm cipher, RepositoryId repository, ObjectHeader header)
    {
        _cipher = cipher;
        BinaryPrimitives.WriteUInt128BigEndian(_associated, repository.Value);
        header.WriteTo(_associated.AsSpan(RepositoryId.Bytes));
    }

    /// <exception cref="RepositoryCorruptException">The header names a data key the repository does not have.</exception>
    public static ObjectSealer Create(MasterKeys keys, ObjectHeader header, string objectName)
    {
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        byte[] info = Encoding.ASCII.GetBytes($"k8sbackup/v1 object {(uint)header.Type:x8}");
        HKDF.DeriveKey(HashAlgorithmName.SHA256, SourceKey(keys, header, objectName), key, header.Salt, info);
        try
        {
            return new ObjectSealer(new AesGcm(key, TagBytes), keys.Repository, header);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Seals a part: ciphertext as long as the plaintext, then the tag.</summary>
    public void Seal(uint part, ulong bound, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        SetPart(part, bound);
        _cipher.Encrypt(_nonce, plaintext, destination[..plaintext.Length], destination.Slice(plaintext.Length, TagBytes), _associated);
    }

    /// <summary>Opens a part; false when it is not what was sealed. The destination may be the ciphertext itself.</summary>
    public bool TryOpen(uint part, ulong bound, ReadOnlySpan<byte> sealedPart, Span<byte> destination)
    {
        SetPart(part, bound);
        try
        {
            _cipher.Decrypt(_nonce, sealedPart[..^TagBytes], sealedPart[^TagBytes..], destination[..(sealedPart.Length - TagBytes)], _associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => _cipher.Dispose();

    private static ReadOnlySpan<byte> SourceKey(MasterKeys keys, ObjectHeader header, string objectName)
    {
        if (header.Type is ObjectType.Snapshot or ObjectType.RestorePoint or ObjectType.Tombstone or ObjectType.Pin or ObjectType.Drill)
        {
            return keys.ManifestKey;
        }

        return keys.TryGetDataKey(header.Epoch, out ReadOnlySpan<byte> key)
            ? key
            : throw new RepositoryCorruptException(
                RepositoryDamage.Malformed, objectName, $"was sealed with data key {header.Epoch}, which the repository does not have");
    }

    private void SetPart(uint part, ulong bound)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_nonce, part);
        BinaryPrimitives.WriteUInt32LittleEndian(_associated.AsSpan(RepositoryId.Bytes + ObjectHeader.Bytes), part);
        BinaryPrimitives.WriteUInt64LittleEndian(_associated.AsSpan(RepositoryId.Bytes + ObjectHeader.Bytes + sizeof(uint)), bound);
    }
}
