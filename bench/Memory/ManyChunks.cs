using K8sBackup.ObjectStore.Local;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Bench.Memory;

/// <summary>
/// Makes a repository look as large as wanted to whoever opens it: index segments as backups leave them, over packs that are files of
/// the right length and have no content.
/// </summary>
internal static class ManyChunks
{
    private const int ChunksPerPack = 32_000;
    private const int ChunksPerFrame = 320;
    private const int ChunkBytes = 1000;
    private const int PacksPerSegment = 8;
    private const int PackEndBytes = 2 << 20;

    /// <summary>Adds so many chunks to the repository in a directory.</summary>
    public static async Task AddAsync(string store, string keyFile, long chunks, CancellationToken cancellationToken)
    {
        LocalObjectStore objects = LocalObjectStore.Open(store);
        using KeyFile key = KeyFile.Read(keyFile);
        using MasterKeys keys = await new KeySlots(objects, TimeProvider.System).UnlockAsync(key, cancellationToken);
        Random random = new(7);
        List<PackDirectory> batch = [];
        for (long made = 0; made < chunks; made += ChunksPerPack)
        {
            PackDirectory pack = Pack(random, keys.CurrentEpoch);
            MakeFile(Path.Combine(store, pack.ObjectName), pack.PackBytes);
            batch.Add(pack);
            if (batch.Count == PacksPerSegment || made + ChunksPerPack >= chunks)
            {
                await IndexSegments.WriteAsync(objects, keys, batch, cancellationToken);
                batch.Clear();
            }
        }
    }

    private static PackDirectory Pack(Random random, uint epoch)
    {
        PackChunk[] chunks = [.. Enumerable.Range(0, ChunksPerPack).Select(_ => new PackChunk(Id(random), ChunkBytes))];
        int sealedBytes = (ChunksPerFrame * ChunkBytes) + ObjectSealer.TagBytes;
        return new PackDirectory
        {
            Header = ObjectHeader.Create(ObjectType.Pack, epoch, ObjectId.Create()),
            PackBytes = ObjectHeader.Bytes + (ChunksPerPack / ChunksPerFrame * (long)sealedBytes) + PackEndBytes,
            Frames = [.. Enumerable.Range(0, ChunksPerPack / ChunksPerFrame).Select(i => new PackFrame(
                ObjectHeader.Bytes + (i * sealedBytes), sealedBytes, ChunksPerFrame * ChunkBytes, FrameEncoding.Raw, i * ChunksPerFrame, ChunksPerFrame))],
            Chunks = chunks,
        };
    }

    private static StoreChunkId Id(Random random)
    {
        Span<byte> bytes = stackalloc byte[StoreChunkId.Bytes];
        random.NextBytes(bytes);
        return StoreChunkId.Read(bytes);
    }

    private static void MakeFile(string path, long bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = File.Create(path);
        file.SetLength(bytes);
    }
}
