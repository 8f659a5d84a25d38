using System.Security.Cryptography;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// Chooses keys of a database evenly over its changes, deleted ones included, and notes what they must read as: a pass to
/// choose, and one to find the last change of each. Memory is the chosen keys'.
/// </summary>
/// <param name="Keys">The chosen keys, ascending.</param>
/// <param name="HasPlaceholder">True when the database has the key with an empty name that a bump leaves, and no client sees.</param>
internal sealed record KeySample(IReadOnlyList<SampledKey> Keys, bool HasPlaceholder)
{
    // Keys this long are no Kubernetes', and a few thousand of them would be gigabytes.
    private const int KeyLengthMax = 16 << 10;

    public static Task<KeySample> TakeAsync(string database, int count, int seed, CancellationToken cancellationToken) =>
        Task.Run(() => Take(database, count, seed, cancellationToken), cancellationToken);

    private static KeySample Take(string database, int count, int seed, CancellationToken cancellationToken)
    {
        using var file = BoltFile.Open(database);
        if (file.FindBucket(BucketNames.Key) is not { } bucket)
        {
            return new KeySample([], false);
        }

        var chosen = Choose(new KeyBucketReader(file.OpenCursor(bucket), cancellationToken), count, new Random(seed));
        var entries = new KeyBucketReader(file.OpenCursor(bucket), cancellationToken);
        var lookup = chosen.GetAlternateLookup<ReadOnlySpan<byte>>();
        var hasPlaceholder = false;
        while (entries.MoveNext())
        {
            if (SnapshotKeySpace.IsPlaceholder(entries))
            {
                hasPlaceholder = true;
            }
            else if (lookup.TryGetValue(entries.UserKey, out var key, out _))
            {
                lookup[entries.UserKey] = entries.IsTombstone ? SampledKey.Deleted(key) : ToSample(key, entries.Record);
            }
        }

        return new KeySample([.. chosen.Values.OfType<SampledKey>().OrderBy(each => each.Key, ByteOrder.Instance)], hasPlaceholder);
    }

    // A reservoir: after n entries each is chosen with the probability count / n. What is drawn twice counts once.
    private static Dictionary<byte[], SampledKey?> Choose(KeyBucketReader entries, int count, Random random)
    {
        var reservoir = new List<byte[]>();
        long seen = 0;
        while (entries.MoveNext())
        {
            if (SnapshotKeySpace.IsPlaceholder(entries) || entries.UserKey.Length > KeyLengthMax)
            {
                continue;
            }

            seen++;
            if (reservoir.Count < count)
            {
                reservoir.Add(entries.UserKey.ToArray());
            }
            else if (random.NextInt64(seen) is var place && place < count)
            {
                reservoir[(int)place] = entries.UserKey.ToArray();
            }
        }

        var chosen = new Dictionary<byte[], SampledKey?>(KeyBytes.Instance);
        foreach (var key in reservoir)
        {
            chosen[key] = null;
        }

        return chosen;
    }

    private static SampledKey ToSample(byte[] key, KeyValueView record) =>
        new(key, true, Convert.ToHexStringLower(SHA256.HashData(record.Value)), record.CreateRevision, record.ModRevision, record.Version);

    private sealed class KeyBytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static KeyBytes Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
