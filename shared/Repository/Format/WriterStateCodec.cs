using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Format;

/// <summary>Bytes of the <c>state</c> object: 48 bytes, the holder's name, and an HMAC under the manifest key.</summary>
internal static class WriterStateCodec
{
    private const int FixedBytes = 48;
    private const int MacBytes = 32;
    private const int HolderBytesMax = 1024;

    private static ReadOnlySpan<byte> Magic => "K8SBSTAT"u8;

    public static byte[] Encode(WriterState state, MasterKeys keys)
    {
        byte[] holder = Encoding.UTF8.GetBytes(state.Holder);
        byte[] content = new byte[FixedBytes + holder.Length + MacBytes];
        Magic.CopyTo(content);
        BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(8), RepositoryLimits.FormatVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(10), (ushort)holder.Length);
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(16), state.Generation);
        state.Writer.CopyTo(content.AsSpan(24));
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(40), state.TakenAt.ToUnixTimeMilliseconds());
        holder.CopyTo(content, FixedBytes);
        Mac(content.AsSpan(..^MacBytes), keys).CopyTo(content, content.Length - MacBytes);
        return content;
    }

    /// <exception cref="RepositoryCorruptException">The content is damaged, forged, or of a newer version.</exception>
    public static WriterState Decode(ReadOnlySpan<byte> content, MasterKeys keys)
    {
        if (content.Length is < FixedBytes + MacBytes or > FixedBytes + HolderBytesMax + MacBytes || !content.StartsWith(Magic))
        {
            throw Damaged(RepositoryDamage.Malformed, "is not the state of a repository");
        }

        int version = BinaryPrimitives.ReadUInt16LittleEndian(content[8..]);
        FormatSupport.Require(ObjectNames.State, version, 0);

        if (!CryptographicOperations.FixedTimeEquals(Mac(content[..^MacBytes], keys), content[^MacBytes..]))
        {
            throw Damaged(RepositoryDamage.NotAuthentic, "is damaged or was not written by who holds the repository's keys");
        }

        FormatSupport.Require(ObjectNames.State, version, BinaryPrimitives.ReadUInt16LittleEndian(content[12..]));
        return new WriterState(
            BinaryPrimitives.ReadInt64LittleEndian(content[16..]),
            ObjectId.Read(content[24..]),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(content[40..])),
            Encoding.UTF8.GetString(content[FixedBytes..^MacBytes]));
    }

    private static byte[] Mac(ReadOnlySpan<byte> content, MasterKeys keys)
    {
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        keys.DeriveFromManifestKey("k8sbackup/v1 state", key);
        return HMACSHA256.HashData(key, content);
    }

    private static RepositoryCorruptException Damaged(RepositoryDamage damage, string detail) =>
        new(damage, ObjectNames.State, detail);
}
