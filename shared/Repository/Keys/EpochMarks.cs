using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// The objects under <c>epochs/</c>, one for each data key after the first that is in use. A data key seals nothing before its mark exists,
/// and the mark is written when every slot holds the key: so no slot is ever left that cannot read what was written.
/// Bytes (96): magic, u16 version, u16 features, u32 epoch, repository id (16), key check (16), i64 Unix milliseconds, zeros to 64,
/// HMAC-SHA-256 of the 64 under the manifest key.
/// </summary>
internal static class EpochMarks
{
    public const int KeyCheckBytes = 16;

    private const int Bytes = 96;
    private const int MacOffset = 64;

    private static ReadOnlySpan<byte> Magic => "K8SBEPOC"u8;

    /// <summary>All marks in order of their epochs, damaged ones included as such.</summary>
    public static async Task<IReadOnlyList<EpochMark>> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        List<EpochMark> marks = [];
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.EpochsPrefix, cancellationToken))
        {
            if (marks.Count == MasterKeys.DataKeysMax)
            {
                break;
            }

            if (await ReadAsync(store, info.Name, cancellationToken) is { Damage: not { Damage: RepositoryDamage.Missing } } mark)
            {
                marks.Add(mark);
            }
        }

        return marks;
    }

    /// <summary>Puts the newest data key of the set into use.</summary>
    public static Task WriteAsync(IObjectStore store, MasterKeys keys, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(store, keys, keys.HighestEpoch, now, cancellationToken);

    /// <summary>Marks one data key of the set as in use.</summary>
    public static async Task WriteAsync(
        IObjectStore store, MasterKeys keys, uint epoch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        byte[] content = new byte[Bytes];
        Magic.CopyTo(content);
        BinaryPrimitives.WriteUInt16LittleEndian(content.AsSpan(8), RepositoryLimits.FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(12), epoch);
        BinaryPrimitives.WriteUInt128BigEndian(content.AsSpan(16), keys.Repository.Value);
        keys.KeyCheckOf(epoch).CopyTo(content, 32);
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(48), now.ToUnixTimeMilliseconds());
        Mac(content, keys).CopyTo(content, MacOffset);
        try
        {
            await Writing.ObjectPublisher.PublishAsync(store, ObjectNames.Epoch(epoch), content, cancellationToken);
        }
        catch (ObjectTakenException)
        {
            // An earlier attempt at this rotation wrote it, at another time.
            EpochMark found = await ReadAsync(store, ObjectNames.Epoch(epoch), cancellationToken);
            if (!IsGenuine(found, keys) || !found.KeyCheck.AsSpan().SequenceEqual(keys.KeyCheckOf(epoch)))
            {
                throw;
            }
        }
    }

    /// <summary>True when who holds the repository's keys wrote it.</summary>
    public static bool IsGenuine(EpochMark mark, MasterKeys keys) =>
        mark.Damage is null
        && BinaryPrimitives.ReadUInt128BigEndian(mark.Content.AsSpan(16)) == keys.Repository.Value
        && CryptographicOperations.FixedTimeEquals(Mac(mark.Content, keys), mark.Content.AsSpan(MacOffset));

    /// <summary>Why a mark is none of this repository's; null when it is genuine.</summary>
    public static RepositoryCorruptException? DamageOf(EpochMark mark, MasterKeys keys) => mark.Damage
        ?? (IsGenuine(mark, keys)
            ? null
            : new RepositoryCorruptException(RepositoryDamage.NotAuthentic, ObjectNames.Epoch(mark.Epoch), "is not the mark this repository's keys made"));

    private static async Task<EpochMark> ReadAsync(IObjectStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            return Decode(name, await SmallObjects.ReadAsync(store, name, RepositoryLimits.SmallObjectBytesMax, cancellationToken));
        }
        catch (RepositoryCorruptException e)
        {
            return new EpochMark(0, [], [], e);
        }
    }

    public static EpochMark Decode(string name, byte[] content)
    {
        if (content.Length < 12 || !content.AsSpan().StartsWith(Magic))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "is no mark of a data key");
        }

        FormatSupport.Require(
            name, BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(8)), BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(10)));
        if (content.Length != Bytes)
        {
            throw new RepositoryCorruptException(RepositoryDamage.WrongLength, name, $"has {content.Length} bytes instead of {Bytes}");
        }

        uint epoch = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(12));
        return name == ObjectNames.Epoch(epoch)
            ? new EpochMark(epoch, content[32..48], content, null)
            : throw new RepositoryCorruptException(
                RepositoryDamage.Misplaced, name, $"marks the data key {epoch.ToString(CultureInfo.InvariantCulture)}");
    }

    private static byte[] Mac(ReadOnlySpan<byte> content, MasterKeys keys)
    {
        Span<byte> key = stackalloc byte[MasterKeys.KeyBytes];
        keys.DeriveFromManifestKey("k8sbackup/v1 epoch", key);
        return HMACSHA256.HashData(key, content[..MacOffset]);
    }
}
