using System.Buffers.Binary;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Format;

/// <summary>
/// An object of one sealed part: header, then the sealed payload (u32 length, the payload, zeros up to a size class), so that
/// its exact length does not show.
/// </summary>
internal static class SealedObject
{
    /// <summary>Payloads are padded to multiples of this.</summary>
    public const int PaddingBytes = 1024;

    public static byte[] Seal(MasterKeys keys, ObjectHeader header, string objectName, ReadOnlySpan<byte> payload)
    {
        int padded = checked((sizeof(uint) + payload.Length + PaddingBytes - 1) / PaddingBytes * PaddingBytes);
        byte[] plaintext = new byte[padded];
        BinaryPrimitives.WriteUInt32LittleEndian(plaintext, (uint)payload.Length);
        payload.CopyTo(plaintext.AsSpan(sizeof(uint)));
        byte[] content = new byte[ObjectHeader.Bytes + padded + ObjectSealer.TagBytes];
        header.WriteTo(content);
        using ObjectSealer sealer = ObjectSealer.Create(keys, header, objectName);
        sealer.Seal(ObjectSealer.TrailingPart, 0, plaintext, content.AsSpan(ObjectHeader.Bytes));
        return content;
    }

    /// <summary>Opens an object in its own memory, which is overwritten.</summary>
    /// <exception cref="RepositoryCorruptException">It is not the object of that type and id, whole and unchanged.</exception>
    public static ReadOnlyMemory<byte> Open(MasterKeys keys, ObjectType type, ObjectId id, string objectName, byte[] content)
    {
        ObjectHeader header = ObjectHeader.Read(content, type, id, objectName);
        if (content.Length < ObjectHeader.Bytes + sizeof(uint) + ObjectSealer.TagBytes)
        {
            throw new RepositoryCorruptException(RepositoryDamage.WrongLength, objectName, $"ends after {content.Length} bytes");
        }

        using ObjectSealer sealer = ObjectSealer.Create(keys, header, objectName);
        Span<byte> body = content.AsSpan(ObjectHeader.Bytes);
        if (!sealer.TryOpen(ObjectSealer.TrailingPart, 0, body, body))
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.NotAuthentic, objectName, $"its {content.Length} bytes are not those that were sealed");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(body);
        return length <= body.Length - ObjectSealer.TagBytes - sizeof(uint)
            ? content.AsMemory(ObjectHeader.Bytes + sizeof(uint), (int)length)
            : throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, $"its payload claims {length} bytes");
    }
}
