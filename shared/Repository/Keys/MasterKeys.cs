using System.Buffers.Binary;
using System.Security.Cryptography;

namespace K8sBackup.Repository.Keys;

/// <summary>
/// The repository's keys, unwrapped: data keys by epoch (packs and indexes), the id key (store ids of chunks), the manifest key
/// (manifests, config, state) and the cutter key (where agents cut files). Each has 32 random bytes. Every slot wraps all of them.
/// </summary>
public sealed class MasterKeys : IDisposable
{
    /// <summary>Length of each key in bytes.</summary>
    public const int KeyBytes = 32;

    /// <summary>Most data keys a repository ever has.</summary>
    internal const int DataKeysMax = 256;

    private const int FixedBytes = 1 + RepositoryId.Bytes + (3 * KeyBytes) + 2;
    private const int DataKeyBytes = sizeof(uint) + KeyBytes;
    private const byte PayloadVersion = 1;

    private readonly SecretBytes _idKey;
    private readonly KeyedHash _storeIds;
    private readonly SecretBytes _manifestKey;
    private readonly SecretBytes _cutterKey;
    private readonly SortedList<uint, SecretBytes> _dataKeys;

    private MasterKeys(
        RepositoryId repository, SecretBytes idKey, SecretBytes manifestKey, SecretBytes cutterKey, SortedList<uint, SecretBytes> dataKeys)
    {
        Repository = repository;
        _idKey = idKey;
        _storeIds = new KeyedHash(idKey);
        _manifestKey = manifestKey;
        _cutterKey = cutterKey;
        _dataKeys = dataKeys;
        CurrentEpoch = dataKeys.GetKeyAtIndex(0);
    }

    /// <summary>The repository they belong to.</summary>
    public RepositoryId Repository { get; }

    /// <summary>Epoch of the data key that new packs use: the newest one every slot has.</summary>
    public uint CurrentEpoch { get; private set; }

    /// <summary>Newest data key in this set; it may not be in use yet, when a rotation was interrupted.</summary>
    internal uint HighestEpoch => _dataKeys.GetKeyAtIndex(_dataKeys.Count - 1);

    /// <summary>Keys the content-defined cutter, so that cut positions tell nothing about content to who lacks it.</summary>
    public ReadOnlySpan<byte> CutterKey => _cutterKey.Span;

    internal ReadOnlySpan<byte> IdKey => _idKey.Span;

    /// <summary>HMAC-SHA-256 under the id key.</summary>
    internal KeyedHash StoreIds => _storeIds;

    internal ReadOnlySpan<byte> ManifestKey => _manifestKey.Span;

    /// <summary>Makes the keys of a new repository.</summary>
    public static MasterKeys Create(RepositoryId repository) => new(
        repository,
        SecretBytes.Random(KeyBytes),
        SecretBytes.Random(KeyBytes),
        SecretBytes.Random(KeyBytes),
        new SortedList<uint, SecretBytes> { [1] = SecretBytes.Random(KeyBytes) });

    public void Dispose()
    {
        _storeIds.Dispose();
        _idKey.Dispose();
        _manifestKey.Dispose();
        _cutterKey.Dispose();
        foreach (SecretBytes key in _dataKeys.Values)
        {
            key.Dispose();
        }
    }

    public override string ToString() => $"keys of repository {Repository} [redacted]";

    internal bool TryGetDataKey(uint epoch, out ReadOnlySpan<byte> key)
    {
        bool found = _dataKeys.TryGetValue(epoch, out SecretBytes? secret);
        key = found ? secret!.Span : default;
        return found;
    }

    /// <summary>Derives a 32-byte key for one purpose: HKDF-SHA-256 (RFC 5869) with the repository id as salt.</summary>
    internal void DeriveFromManifestKey(string purpose, Span<byte> destination)
    {
        Span<byte> salt = stackalloc byte[RepositoryId.Bytes];
        BinaryPrimitives.WriteUInt128BigEndian(salt, Repository.Value);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, ManifestKey, destination, salt, System.Text.Encoding.ASCII.GetBytes(purpose));
    }

    /// <summary>The same keys and one new data key, which is not in use before its mark is written.</summary>
    /// <exception cref="KeyException">The repository has as many data keys as fit.</exception>
    internal MasterKeys WithNewDataKey()
    {
        if (_dataKeys.Count == DataKeysMax)
        {
            throw new KeyException(KeyError.Unusable, $"A repository has at most {DataKeysMax} data keys");
        }

        using SecretBytes payload = Serialize();
        MasterKeys keys = Deserialize(payload.Span);
        keys._dataKeys[HighestEpoch + 1] = SecretBytes.Random(KeyBytes);
        keys.CurrentEpoch = CurrentEpoch;
        return keys;
    }

    /// <summary>Takes the newest marked data key into use; false when this set lacks a marked one, and so is of an outdated slot.</summary>
    internal bool TryActivate(IReadOnlyList<EpochMark> marks)
    {
        foreach (EpochMark mark in marks.Where(m => EpochMarks.IsGenuine(m, this)))
        {
            if (!Has(mark))
            {
                return false;
            }

            CurrentEpoch = Math.Max(CurrentEpoch, mark.Epoch);
        }

        return true;
    }

    /// <summary>True when this set has every marked data key.</summary>
    internal bool HasActive(IReadOnlyList<EpochMark> marks) => marks.All(m => !EpochMarks.IsGenuine(m, this) || Has(m));

    /// <summary>True when both sets hold the same data keys.</summary>
    internal bool HasSameDataKeys(MasterKeys other) => _dataKeys.Count == other._dataKeys.Count
        && _dataKeys.All(k => other.TryGetDataKey(k.Key, out ReadOnlySpan<byte> key) && CryptographicOperations.FixedTimeEquals(key, k.Value.Span));

    /// <summary>Tells a data key from another one of the same epoch, and nothing else about it.</summary>
    internal byte[] KeyCheckOf(uint epoch)
    {
        byte[] check = new byte[EpochMarks.KeyCheckBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _dataKeys[epoch].Span, check, [], "k8sbackup/v1 data key check"u8);
        return check;
    }

    internal SecretBytes Serialize() =>
        SecretBytes.Create(FixedBytes + (_dataKeys.Count * DataKeyBytes), this, static (span, keys) => keys.WriteTo(span));

    /// <exception cref="FormatException">The payload is not a key set this version understands.</exception>
    internal static MasterKeys Deserialize(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedBytes || payload[0] != PayloadVersion)
        {
            throw new FormatException("The key set has an unknown version.");
        }

        UInt128 repository = BinaryPrimitives.ReadUInt128BigEndian(payload[1..]);
        ReadOnlySpan<byte> keys = payload[(1 + RepositoryId.Bytes)..];
        int count = BinaryPrimitives.ReadUInt16LittleEndian(keys[(3 * KeyBytes)..]);
        if (count is 0 or > DataKeysMax || payload.Length != FixedBytes + (count * DataKeyBytes))
        {
            throw new FormatException("The key set has an impossible length.");
        }

        SortedList<uint, SecretBytes> dataKeys = [];
        ReadOnlySpan<byte> rest = payload[FixedBytes..];
        for (int i = 0; i < count; i++, rest = rest[DataKeyBytes..])
        {
            dataKeys[BinaryPrimitives.ReadUInt32LittleEndian(rest)] = SecretBytes.CopyOf(rest.Slice(sizeof(uint), KeyBytes));
        }

        return new MasterKeys(
            new RepositoryId(repository),
            SecretBytes.CopyOf(keys[..KeyBytes]),
            SecretBytes.CopyOf(keys.Slice(KeyBytes, KeyBytes)),
            SecretBytes.CopyOf(keys.Slice(2 * KeyBytes, KeyBytes)),
            dataKeys);
    }

    private void WriteTo(Span<byte> span)
    {
        span[0] = PayloadVersion;
        BinaryPrimitives.WriteUInt128BigEndian(span[1..], Repository.Value);
        Span<byte> keys = span[(1 + RepositoryId.Bytes)..];
        IdKey.CopyTo(keys);
        ManifestKey.CopyTo(keys[KeyBytes..]);
        CutterKey.CopyTo(keys[(2 * KeyBytes)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(keys[(3 * KeyBytes)..], (ushort)_dataKeys.Count);
        Span<byte> rest = span[FixedBytes..];
        foreach ((uint epoch, SecretBytes key) in _dataKeys)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, epoch);
            key.Span.CopyTo(rest[sizeof(uint)..]);
            rest = rest[DataKeyBytes..];
        }
    }

    private bool Has(EpochMark mark) =>
        _dataKeys.ContainsKey(mark.Epoch) && CryptographicOperations.FixedTimeEquals(KeyCheckOf(mark.Epoch), mark.KeyCheck);
}
