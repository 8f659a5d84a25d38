using System.Buffers.Binary;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Index;

/// <summary>
/// Payload of an index segment: u32 packs, then for each pack its 64-byte header, u64 length in bytes, and its directory as
/// <see cref="PackDirectoryCodec"/> writes it.
/// </summary>
internal static class IndexSegmentCodec
{
    private const int PackPrefixBytes = ObjectHeader.Bytes + sizeof(ulong);

    /// <summary>What one pack takes in a segment.</summary>
    public static int EncodedBytes(PackDirectory pack) =>
        PackPrefixBytes + PackDirectoryCodec.EncodedBytes(pack.Frames.Count, pack.Chunks.Count);

    public static byte[] Encode(IReadOnlyList<PackDirectory> packs)
    {
        byte[] payload = new byte[sizeof(uint) + packs.Sum(EncodedBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(payload, packs.Count);
        Span<byte> rest = payload.AsSpan(sizeof(uint));
        foreach (PackDirectory pack in packs)
        {
            pack.Header.WriteTo(rest);
            BinaryPrimitives.WriteInt64LittleEndian(rest[ObjectHeader.Bytes..], pack.PackBytes);
            rest = rest[PackPrefixBytes..];
            rest = rest[PackDirectoryCodec.Write(pack.Frames, pack.Chunks, rest)..];
        }

        return payload;
    }

    /// <exception cref="RepositoryCorruptException">The payload describes no possible packs.</exception>
    public static List<PackDirectory> Decode(ReadOnlySpan<byte> payload, string objectName)
    {
        uint count = payload.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(payload);
        if (count > (uint)payload.Length / PackPrefixBytes)
        {
            throw Malformed(objectName, $"claims {count} packs in {payload.Length} bytes");
        }

        List<PackDirectory> packs = new((int)count);
        ReadOnlySpan<byte> rest = payload[sizeof(uint)..];
        for (uint i = 0; i < count; i++)
        {
            if (rest.Length < PackPrefixBytes)
            {
                throw Malformed(objectName, $"ends in pack {i} of {count}");
            }

            ObjectHeader header = ObjectHeader.Read(rest, ObjectType.Pack, ObjectId.Read(rest[16..]), objectName);
            long packBytes = BinaryPrimitives.ReadInt64LittleEndian(rest[ObjectHeader.Bytes..]);
            if (packBytes is < PackFooter.Bytes or > RepositoryLimits.PackBytesMax)
            {
                throw Malformed(objectName, $"claims a pack of {packBytes} bytes");
            }

            rest = rest[PackPrefixBytes..];
            int read = PackDirectoryCodec.Read(
                rest, packBytes - PackFooter.Bytes, objectName, out PackFrame[] frames, out PackChunk[] chunks);
            rest = rest[read..];
            packs.Add(new PackDirectory { Header = header, PackBytes = packBytes, Frames = frames, Chunks = chunks });
        }

        return rest.IsEmpty ? packs : throw Malformed(objectName, $"has {rest.Length} trailing bytes");
    }

    private static RepositoryCorruptException Malformed(string objectName, string detail) =>
        new(RepositoryDamage.Malformed, objectName, detail);
}
