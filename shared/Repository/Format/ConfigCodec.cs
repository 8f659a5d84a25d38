using System.Buffers.Binary;
using System.Security.Cryptography;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Format;

/// <summary>
/// Bytes of the <c>config</c> object (112): nothing secret; a SHA-256 tells damage without any key, an HMAC under the manifest key
/// tells forgery once the keys are open.
/// </summary>
internal static class ConfigCodec
{
    private const int Bytes = 112;
    private const int MacOffset = 48;
    private const int ChecksumOffset = 80;

    private static ReadOnlySpan<byte> Magic => "K8SBCONF"u8;

    public static byte[] Encode(RepositoryConfig config, MasterKeys keys)
    {
        byte[] content = new byte[Bytes];
        Magic.CopyTo(content);
        BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(8), (ushort)config.FormatVersion);
        BinaryPrimitives.WriteUInt128BigEndian(content.AsSpan(16), config.Id.Value);
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(32), config.CreatedAt.ToUnixTimeMilliseconds());
        Mac(content, keys).CopyTo(content, MacOffset);
        SHA256.HashData(content.AsSpan(..ChecksumOffset), content.AsSpan(ChecksumOffset));
        return content;
    }

    /// <summary>Reads the config; with keys, also proves that it is the one of their repository.</summary>
    /// <exception cref="RepositoryCorruptException">It is damaged, forged, newer, or of another repository.</exception>
    public static RepositoryConfig Decode(ReadOnlySpan<byte> content, MasterKeys? keys)
    {
        if (content.Length < 10 || !content.StartsWith(Magic))
        {
            throw Damaged(RepositoryDamage.Malformed, "is not the config of a repository");
        }

        int version = BinaryPrimitives.ReadUInt16LittleEndian(content[8..]);
        FormatSupport.Require(ObjectNames.Config, version, 0);

        if (content.Length != Bytes || !SHA256.HashData(content[..ChecksumOffset]).AsSpan().SequenceEqual(content[ChecksumOffset..]))
        {
            throw Damaged(RepositoryDamage.Malformed, "is damaged: its checksum or length differs");
        }

        FormatSupport.Require(ObjectNames.Config, version, BinaryPrimitives.ReadUInt16LittleEndian(content[10..]));
        RepositoryId id = new(BinaryPrimitives.ReadUInt128BigEndian(content[16..]));
        if (keys is not null && id != keys.Repository)
        {
            throw Damaged(RepositoryDamage.Misplaced, $"is of repository {id}, and the keys are of {keys.Repository}");
        }

        if (keys is not null
            && !CryptographicOperations.FixedTimeEquals(Mac(content, keys), content.Slice(MacOffset, ChecksumOffset - MacOffset)))
        {
            throw Damaged(RepositoryDamage.NotAuthentic, "was not written by who holds the repository's keys");
        }

        return new RepositoryConfig(id, version, ReadTime(content[32..]));
    }

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> bytes)
    {
        long milliseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return milliseconds is >= 0 and < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw Damaged(RepositoryDamage.Malformed, "has an impossible time");
    }

    private static byte[] Mac(ReadOnlySpan<byte> content, MasterKeys keys)
    {
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        keys.DeriveFromManifestKey("k8sbackup/v1 config", key);
        return HMACSHA256.HashData(key, content[..MacOffset]);
    }

    private static RepositoryCorruptException Damaged(RepositoryDamage damage, string detail) =>
        new(damage, ObjectNames.Config, detail);
}
