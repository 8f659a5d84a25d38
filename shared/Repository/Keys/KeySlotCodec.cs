using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// Bytes of a key slot: a fixed header of <see cref="FixedBytes"/>, label, ephemeral key, wrapped keys, and a SHA-256 of all that,
/// which tells damage from a wrong key before any key is tried.
/// </summary>
internal static class KeySlotCodec
{
    public const int LabelBytesMax = 128;

    private const int FixedBytes = 112;
    private const int ChecksumBytes = 32;
    private const int EphemeralBytesMax = 256;
    private const int WrappedBytesMax = 16 << 10;

    private static ReadOnlySpan<byte> Magic => "K8SBSLOT"u8;

    /// <summary>What the wrapping authenticates: everything before the wrapped keys.</summary>
    public static byte[] AssociatedData(KeySlot slot, int wrappedBytes)
    {
        byte[] label = Encoding.UTF8.GetBytes(slot.Label);
        byte[] data = new byte[FixedBytes + label.Length + slot.EphemeralKey.Length];
        Magic.CopyTo(data);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(8), (ushort)slot.Version);
        data[10] = (byte)slot.Kind;
        data[11] = (byte)slot.Kdf;
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), slot.Iterations);
        BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan(16), slot.Repository.Value);
        slot.Id.CopyTo(data.AsSpan(32));
        slot.Salt.CopyTo(data, 48);
        slot.Fingerprint.CopyTo(data, 80);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(96), slot.CreatedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(104), (ushort)label.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(106), (ushort)slot.EphemeralKey.Length);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(108), wrappedBytes);
        label.CopyTo(data, FixedBytes);
        slot.EphemeralKey.CopyTo(data, FixedBytes + label.Length);
        return data;
    }

    public static byte[] Encode(KeySlot slot)
    {
        byte[] associated = AssociatedData(slot, slot.Wrapped.Length);
        byte[] content = new byte[associated.Length + slot.Wrapped.Length + ChecksumBytes];
        associated.CopyTo(content, 0);
        slot.Wrapped.CopyTo(content, associated.Length);
        SHA256.HashData(content.AsSpan(..^ChecksumBytes), content.AsSpan(content.Length - ChecksumBytes));
        return content;
    }

    /// <exception cref="RepositoryCorruptException">The bytes are not an intact slot of that name.</exception>
    public static KeySlot Decode(string objectName, byte[] content)
    {
        ReadOnlySpan<byte> bytes = content;
        if (bytes.Length < FixedBytes + ChecksumBytes || !bytes.StartsWith(Magic))
        {
            throw Damaged(RepositoryDamage.Malformed, objectName, "is not a key slot");
        }

        FormatSupport.Require(objectName, BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]), 0);

        if (!SHA256.HashData(bytes[..^ChecksumBytes]).AsSpan().SequenceEqual(bytes[^ChecksumBytes..]))
        {
            throw Damaged(RepositoryDamage.Malformed, objectName, "the key slot is damaged: its checksum differs");
        }

        KeySlot slot = Parse(objectName, bytes);
        return ObjectNames.Key(slot.Id) == objectName
            ? slot
            : throw Damaged(RepositoryDamage.Misplaced, objectName, $"holds the key slot {slot.Id}");
    }

    private static KeySlot Parse(string objectName, ReadOnlySpan<byte> bytes)
    {
        int labelBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[104..]);
        int ephemeralBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[106..]);
        int wrappedBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[108..]);
        if (labelBytes > LabelBytesMax
            || ephemeralBytes > EphemeralBytesMax
            || wrappedBytes is < 0 or > WrappedBytesMax
            || bytes.Length != FixedBytes + labelBytes + ephemeralBytes + wrappedBytes + ChecksumBytes)
        {
            throw Damaged(RepositoryDamage.Malformed, objectName, "the key slot has impossible lengths");
        }

        ReadOnlySpan<byte> rest = bytes[FixedBytes..];
        return new KeySlot
        {
            Version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
            Id = ObjectId.Read(bytes[32..]),
            Repository = new RepositoryId(BinaryPrimitives.ReadUInt128BigEndian(bytes[16..])),
            Kind = (KeySlotKind)bytes[10],
            Kdf = (KeySlotKdf)bytes[11],
            Iterations = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            Salt = bytes.Slice(48, KeySlot.SaltBytes).ToArray(),
            Fingerprint = bytes.Slice(80, KeySlot.FingerprintBytes).ToArray(),
            CreatedAt = ReadTime(objectName, bytes[96..]),
            Label = Encoding.UTF8.GetString(rest[..labelBytes]),
            EphemeralKey = rest.Slice(labelBytes, ephemeralBytes).ToArray(),
            Wrapped = rest.Slice(labelBytes + ephemeralBytes, wrappedBytes).ToArray(),
        };
    }

    private static DateTimeOffset ReadTime(string objectName, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes));
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, objectName, "the key slot has an impossible time", inner: e);
        }
    }

    private static RepositoryCorruptException Damaged(RepositoryDamage damage, string objectName, string detail) =>
        new(damage, objectName, detail);
}
