using System.Buffers.Binary;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Packs;

/// <summary>Reads a pack by itself, without any index: its directory from the end, and everything a rebuild of the index needs.</summary>
internal static class PackReader
{
    // Holds the directory of a pack of up to 1,700 chunks, so that most take one request for the end and one for the header.
    private const int TailBytes = 64 << 10;

    private const int PackBytesMin = ObjectHeader.Bytes + PackFooter.Bytes + ObjectSealer.TagBytes;

    /// <summary>Reads and proves the directory of a pack whose length is known.</summary>
    /// <exception cref="RepositoryCorruptException">The pack is missing, truncated, damaged, or not the one its name says.</exception>
    public static Task<PackDirectory> ReadDirectoryAsync(
        IObjectStore store, MasterKeys keys, ObjectId pack, long packBytes, CancellationToken cancellationToken)
    {
        string name = ObjectNames.Pack(pack);
        return ReadDirectoryAsync((offset, length) => ReadRangeAsync(store, name, offset, length, cancellationToken), keys, pack, packBytes);
    }

    /// <summary>The same of a pack whose bytes come from anywhere; each range is the caller's no more.</summary>
    public static async Task<PackDirectory> ReadDirectoryAsync(
        Func<long, int, Task<byte[]>> readRange, MasterKeys keys, ObjectId pack, long packBytes)
    {
        string name = ObjectNames.Pack(pack);
        if (packBytes is < PackBytesMin or > RepositoryLimits.PackBytesMax)
        {
            throw new RepositoryCorruptException(RepositoryDamage.WrongLength, name, $"a pack of {packBytes} bytes");
        }

        byte[] headerBytes = await readRange(0, ObjectHeader.Bytes);
        ObjectHeader header = ObjectHeader.Read(headerBytes, ObjectType.Pack, pack, name);
        int tailBytes = (int)Math.Min(packBytes, TailBytes);
        byte[] tail = await readRange(packBytes - tailBytes, tailBytes);
        PackFooter footer = PackFooter.Read(tail.AsSpan(^PackFooter.Bytes..), packBytes, name);
        int needed = footer.DirectoryBytes + PackFooter.Bytes;
        byte[] directory = needed <= tailBytes
            ? tail[(tailBytes - needed)..]
            : await readRange(footer.DirectoryOffset, needed);
        return Open(keys, header, footer, packBytes, name, directory.AsSpan(0, footer.DirectoryBytes));
    }

    /// <summary>Reads a range, turning a missing or short object into damage.</summary>
    public static async Task<byte[]> ReadRangeAsync(
        IObjectStore store, string name, long offset, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        await FillRangeAsync(store, name, offset, bytes, cancellationToken);
        return bytes;
    }

    /// <summary>The same into memory of the caller's.</summary>
    public static async Task FillRangeAsync(
        IObjectStore store, string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            await store.GetRangeAsync(name, offset, destination, cancellationToken);
        }
        catch (ObjectStoreException e) when (SmallObjects.ToDamage(e.Error) is RepositoryDamage damage)
        {
            throw new RepositoryCorruptException(damage, name, $"its {destination.Length} bytes from {offset} cannot be read", inner: e);
        }
    }

    private static PackDirectory Open(
        MasterKeys keys, ObjectHeader header, PackFooter footer, long packBytes, string name, Span<byte> sealedDirectory)
    {
        using ObjectSealer sealer = ObjectSealer.Create(keys, header, name);
        if (!sealer.TryOpen(ObjectSealer.TrailingPart, footer.Bound, sealedDirectory, sealedDirectory))
        {
            throw new RepositoryCorruptException(RepositoryDamage.NotAuthentic, name, "its directory is not the one that was sealed");
        }

        Span<byte> plaintext = sealedDirectory[..^ObjectSealer.TagBytes];
        uint length = plaintext.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(plaintext);
        if (length > plaintext.Length - sizeof(uint))
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, $"its directory claims {length} bytes");
        }

        Span<byte> payload = plaintext.Slice(sizeof(uint), (int)length);
        if (PackDirectoryCodec.Read(payload, footer.DirectoryOffset, name, out PackFrame[] frames, out PackChunk[] chunks) != length)
        {
            throw new RepositoryCorruptException(RepositoryDamage.Malformed, name, "its directory has trailing bytes");
        }

        return new PackDirectory { Header = header, PackBytes = packBytes, Frames = frames, Chunks = chunks };
    }
}
