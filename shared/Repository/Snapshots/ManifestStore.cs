using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Snapshots;

/// <summary>
/// Manifests in the store. Payload: u8 encoding (0 raw, 1 zstd), u32 length of the JSON, then the JSON. The object's id in the header is
/// the first 16 bytes of the SHA-256 of its name, and the JSON repeats the id in the name: a copy under another name never opens.
/// </summary>
internal static class ManifestStore
{
    private const int PrefixBytes = 5;
    private const int ObjectBytesMax = RepositoryLimits.ManifestBytesMax + 4096;

    public static Task WriteAsync(IObjectStore store, MasterKeys keys, SnapshotManifest manifest, CancellationToken cancellationToken) =>
        WriteAsync(
            store, keys, ObjectType.Snapshot, ObjectNames.Snapshot(manifest.Id), manifest, ManifestJson.Default.SnapshotManifest, cancellationToken);

    public static Task WriteAsync(IObjectStore store, MasterKeys keys, RestorePointManifest manifest, CancellationToken cancellationToken) =>
        WriteAsync(
            store,
            keys,
            ObjectType.RestorePoint,
            ObjectNames.RestorePoint(manifest.Id),
            manifest,
            ManifestJson.Default.RestorePointManifest,
            cancellationToken);

    /// <exception cref="RepositoryCorruptException">The manifest is missing, damaged, or not the one its name says.</exception>
    public static async Task<SnapshotManifest> ReadSnapshotAsync(
        IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        SnapshotManifest manifest = await ReadAsync(
            store, keys, ObjectType.Snapshot, name, ManifestJson.Default.SnapshotManifest, cancellationToken);
        return Placed(manifest, name);
    }

    /// <summary>The manifest in an object that was read; the content stays as it is.</summary>
    /// <exception cref="RepositoryCorruptException">It is damaged, or not the one its name says.</exception>
    public static SnapshotManifest DecodeSnapshot(MasterKeys keys, string name, byte[] content) =>
        Placed(Decode(keys, ObjectType.Snapshot, name, ManifestJson.Default.SnapshotManifest, content.AsSpan().ToArray()), name);

    /// <summary>The manifest in an object that was read; the content stays as it is.</summary>
    /// <exception cref="RepositoryCorruptException">It is damaged, or not the one its name says.</exception>
    public static RestorePointManifest DecodeRestorePoint(MasterKeys keys, string name, byte[] content) =>
        Placed(Decode(keys, ObjectType.RestorePoint, name, ManifestJson.Default.RestorePointManifest, content.AsSpan().ToArray()), name);

    /// <exception cref="RepositoryCorruptException">The manifest is missing, damaged, or not the one its name says.</exception>
    public static async Task<RestorePointManifest> ReadRestorePointAsync(
        IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        RestorePointManifest manifest = await ReadAsync(
            store, keys, ObjectType.RestorePoint, name, ManifestJson.Default.RestorePointManifest, cancellationToken);
        return Placed(manifest, name);
    }

    private static SnapshotManifest Placed(SnapshotManifest manifest, string name) =>
        ObjectNames.Snapshot(manifest.Id) == name ? manifest : throw Misplaced(name, manifest.Id.ToString());

    private static RestorePointManifest Placed(RestorePointManifest manifest, string name) =>
        ObjectNames.RestorePoint(manifest.Id) == name ? manifest : throw Misplaced(name, manifest.Id.ToString());

    private static RepositoryCorruptException Misplaced(string name, string id) =>
        new(RepositoryDamage.Misplaced, name, $"holds the manifest {id}");

    private static ObjectId IdOf(string name) => ObjectId.Read(SHA256.HashData(Encoding.ASCII.GetBytes(name)));

    private static async Task WriteAsync<T>(
        IObjectStore store,
        MasterKeys keys,
        ObjectType type,
        string name,
        T manifest,
        JsonTypeInfo<T> json,
        CancellationToken cancellationToken)
        where T : class
    {
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(manifest, json);
        if (text.Length > RepositoryLimits.ManifestBytesMax)
        {
            throw new Writing.ManifestRejectedException($"The manifest '{name}' has {text.Length} bytes, at most {RepositoryLimits.ManifestBytesMax}");
        }

        byte[] payload = new byte[PrefixBytes + text.Length];
        int compressed = Zstd.Compress(text, payload.AsSpan(PrefixBytes));
        payload[0] = compressed < 0 ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(1), text.Length);
        if (compressed < 0)
        {
            text.CopyTo(payload, PrefixBytes);
        }

        int used = PrefixBytes + (compressed < 0 ? text.Length : compressed);
        ObjectHeader header = ObjectHeader.Create(type, 0, IdOf(name));
        byte[] content = SealedObject.Seal(keys, header, name, payload.AsSpan(0, used));
        try
        {
            await Writing.ObjectPublisher.PublishAsync(store, name, content, cancellationToken);
        }
        catch (ObjectTakenException)
        {
            // Sealing is never the same twice, so a repeated commit shows only in what the seal holds.
            T existing = await ReadAsync(store, keys, type, name, json, cancellationToken);
            if (!JsonSerializer.SerializeToUtf8Bytes(existing, json).AsSpan().SequenceEqual(text))
            {
                throw;
            }
        }
    }

    private static async Task<T> ReadAsync<T>(
        IObjectStore store, MasterKeys keys, ObjectType type, string name, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class
    {
        byte[] content = await SmallObjects.ReadAsync(store, name, ObjectBytesMax, cancellationToken);
        return Decode(keys, type, name, json, content);
    }

    private static T Decode<T>(MasterKeys keys, ObjectType type, string name, JsonTypeInfo<T> json, byte[] content)
        where T : class
    {
        ReadOnlyMemory<byte> payload = SealedObject.Open(keys, type, IdOf(name), name, content);
        try
        {
            return JsonSerializer.Deserialize(Decode(payload.Span, name), json)
                ?? throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "holds no manifest");
        }
        catch (Exception e) when (e is JsonException or DecompressionException)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "does not read as a manifest", inner: e);
        }
    }

    private static byte[] Decode(ReadOnlySpan<byte> payload, string name)
    {
        uint length = payload.Length < PrefixBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(payload[1..]);
        if (length > RepositoryLimits.ManifestBytesMax || payload[0] > 1)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, $"claims a manifest of {length} bytes");
        }

        ReadOnlySpan<byte> body = payload[PrefixBytes..];
        if (payload[0] == 0)
        {
            return body.Length == length
                ? body.ToArray()
                : throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, $"claims a manifest of {length} bytes");
        }

        byte[] text = new byte[length];
        Zstd.Decompress(body, text);
        return text;
    }
}
