using System.Buffers.Binary;
using System.Security.Cryptography;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Tombstones in the store. Payload: u64 generation, u64 creation in Unix milliseconds, u64 snapshots marked, 32 bytes digest of what was
/// marked, u32 packs, then for each pack its id (16) and u64 length.
/// </summary>
internal static class TombstoneStore
{
    private const int FixedBytes = 60;
    private const int PackBytes = ObjectId.Bytes + sizeof(ulong);
    private const int ObjectBytesMax = ObjectHeader.Bytes + FixedBytes + (Tombstone.PacksMax * PackBytes) + 4096;

    public static async Task WriteAsync(IObjectStore store, MasterKeys keys, Tombstone tombstone, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[FixedBytes + (tombstone.Packs.Count * PackBytes)];
        BinaryPrimitives.WriteInt64LittleEndian(payload, tombstone.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(8), tombstone.CreatedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(16), tombstone.Snapshots);
        tombstone.MarkedDigest.CopyTo(payload.AsSpan(24, SHA256.HashSizeInBytes));
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(56), tombstone.Packs.Count);
        Span<byte> rest = payload.AsSpan(FixedBytes);
        foreach (CondemnedPack pack in tombstone.Packs)
        {
            pack.Id.CopyTo(rest);
            BinaryPrimitives.WriteInt64LittleEndian(rest[ObjectId.Bytes..], pack.Bytes);
            rest = rest[PackBytes..];
        }

        ObjectHeader header = ObjectHeader.Create(ObjectType.Tombstone, 0, tombstone.Id);
        byte[] content = SealedObject.Seal(keys, header, tombstone.ObjectName, payload);
        await ObjectPublisher.PublishAsync(store, tombstone.ObjectName, content, cancellationToken);
    }

    /// <exception cref="RepositoryCorruptException">The tombstone is missing, damaged, or not the one its name says.</exception>
    public static async Task<Tombstone> ReadAsync(IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        if (!ObjectNames.TryParseTombstone(name, out ObjectId id))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Misplaced, name, "is no name of a tombstone");
        }

        byte[] content = await SmallObjects.ReadAsync(store, name, ObjectBytesMax, cancellationToken);
        return Decode(SealedObject.Open(keys, ObjectType.Tombstone, id, name, content).Span, id, name);
    }

    /// <summary>All readable tombstones, and what is wrong with the others. One that vanishes meanwhile counts as never seen.</summary>
    public static async Task<(List<Tombstone> Tombstones, List<RepositoryCorruptException> Damaged)> ReadAllAsync(
        IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        List<Tombstone> tombstones = [];
        List<RepositoryCorruptException> damaged = [];
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.TombstonesPrefix, cancellationToken))
        {
            try
            {
                tombstones.Add(await CertainDamage.ReadAsync(() => ReadAsync(store, keys, info.Name, cancellationToken)));
            }
            catch (RepositoryCorruptException e)
            {
                if (e.Damage != RepositoryDamage.Missing)
                {
                    damaged.Add(e);
                }
            }
        }

        return (tombstones, damaged);
    }

    private static Tombstone Decode(ReadOnlySpan<byte> payload, ObjectId id, string name)
    {
        uint count = payload.Length < FixedBytes ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(payload[56..]);
        long created = payload.Length < FixedBytes ? -1 : BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);
        bool possible = count <= Tombstone.PacksMax
            && payload.Length == FixedBytes + ((int)count * PackBytes)
            && created >= 0
            && created <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        if (!possible)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, $"claims {count} packs in {payload.Length} bytes");
        }

        CondemnedPack[] packs = new CondemnedPack[count];
        for (int i = 0; i < packs.Length; i++)
        {
            ReadOnlySpan<byte> pack = payload[(FixedBytes + (i * PackBytes))..];
            packs[i] = new CondemnedPack(ObjectId.Read(pack), BinaryPrimitives.ReadInt64LittleEndian(pack[ObjectId.Bytes..]));
        }

        return new Tombstone
        {
            Id = id,
            Generation = BinaryPrimitives.ReadInt64LittleEndian(payload),
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(created),
            Snapshots = BinaryPrimitives.ReadInt64LittleEndian(payload[16..]),
            MarkedDigest = payload.Slice(24, SHA256.HashSizeInBytes).ToArray(),
            Packs = packs,
        };
    }
}
