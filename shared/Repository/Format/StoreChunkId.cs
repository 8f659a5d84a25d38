using System.Buffers.Binary;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Format;

/// <summary>
/// Name of a chunk in the store: HMAC-SHA-256 of its id under the id key, so that indexes tell nothing about content to who lacks the key.
/// </summary>
internal readonly record struct StoreChunkId(UInt128 High, UInt128 Low)
{
    public const int Bytes = 32;

    public static StoreChunkId Of(ChunkId id, MasterKeys keys)
    {
        Span<byte> buffer = stackalloc byte[ChunkId.Bytes + Bytes];
        id.CopyTo(buffer);
        keys.StoreIds.Compute(buffer[..ChunkId.Bytes], buffer[ChunkId.Bytes..]);
        return Read(buffer[ChunkId.Bytes..]);
    }

    public static StoreChunkId Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    public override string ToString() => $"{High:x32}{Low:x32}";
}
