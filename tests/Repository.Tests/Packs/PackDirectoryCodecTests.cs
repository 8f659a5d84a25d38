using System.Buffers.Binary;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Tests.Packs;

public sealed class PackDirectoryCodecTests
{
    [Fact]
    public void Read_WhatWasWritten_IsTheSameForManyShapes()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            (List<PackFrame> frames, List<PackChunk> chunks, int end) = Make(new Random(seed));
            byte[] bytes = new byte[PackDirectoryCodec.EncodedBytes(frames.Count, chunks.Count)];
            Assert.Equal(bytes.Length, PackDirectoryCodec.Write(frames, chunks, bytes));

            Assert.Equal(bytes.Length, PackDirectoryCodec.Read([.. bytes, 1, 2, 3], end, "p", out PackFrame[] readFrames, out PackChunk[] readChunks));

            Assert.Equal(frames, readFrames);
            Assert.Equal(chunks, readChunks);
            Assert.Throws<RepositoryCorruptException>(() => PackDirectoryCodec.Read(bytes, end - 1, "p", out _, out _));
            Assert.Throws<RepositoryCorruptException>(() => PackDirectoryCodec.Read(bytes.AsSpan(..^1), end, "p", out _, out _));
        }
    }

    [Fact]
    public void Read_AnyBytes_GivesADirectoryOrATypedError()
    {
        Random random = new(5);
        (List<PackFrame> frames, List<PackChunk> chunks, int end) = Make(new Random(1));
        byte[] sound = new byte[PackDirectoryCodec.EncodedBytes(frames.Count, chunks.Count)];
        PackDirectoryCodec.Write(frames, chunks, sound);
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = [.. sound];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                PackDirectoryCodec.Read(bytes.AsSpan(0, random.Next(bytes.Length + 1)), end, "p", out _, out _);
            }
            catch (RepositoryCorruptException)
            {
                refused++;
            }
        }

        Assert.True(refused > 2000);
    }

    [Theory]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    [InlineData(0x7FFFFFFFu, 0x7FFFFFFFu)]
    [InlineData(1_000_000_000u, 1u)]
    [InlineData(1u, 1_000_000_000u)]
    public void Read_HugeCounts_AreRefusedBeforeAnythingIsAllocated(uint frames, uint chunks)
    {
        byte[] bytes = new byte[1000];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, frames);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), chunks);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<RepositoryCorruptException>(() => PackDirectoryCodec.Read(bytes, 1000, "p", out _, out _));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Read_SegmentWithHugeNumbers_IsRefused()
    {
        byte[] many = new byte[100];
        BinaryPrimitives.WriteUInt32LittleEndian(many, uint.MaxValue);
        byte[] long63 = new byte[4 + 64 + 8 + 8];
        BinaryPrimitives.WriteUInt32LittleEndian(long63, 1);
        ObjectHeader.Create(ObjectType.Pack, 1, ObjectId.Create()).WriteTo(long63.AsSpan(4));
        BinaryPrimitives.WriteUInt64LittleEndian(long63.AsSpan(68), 1UL << 63);

        foreach (byte[] payload in (byte[][])[[], [1], many, long63])
        {
            RepositoryCorruptException error = Assert.Throws<RepositoryCorruptException>(() => IndexSegmentCodec.Decode(payload, "index/x"));
            Assert.Equal(RepositoryDamage.Malformed, error.Damage);
        }
    }

    private static (List<PackFrame> Frames, List<PackChunk> Chunks, int End) Make(Random random)
    {
        List<PackFrame> frames = [];
        List<PackChunk> chunks = [];
        int offset = ObjectHeader.Bytes;
        for (int count = random.Next(1, 8); count > 0; count--)
        {
            int first = chunks.Count;
            int plain = 0;
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                byte[] id = new byte[32];
                random.NextBytes(id);
                chunks.Add(new PackChunk(StoreChunkId.Read(id), random.Next(1, 5000)));
                plain += chunks[^1].Length;
            }

            bool raw = random.Next(2) == 0;
            int sealedBytes = (raw ? plain : random.Next(1, plain + 1)) + 16;
            frames.Add(new PackFrame(offset, sealedBytes, plain, raw ? FrameEncoding.Raw : FrameEncoding.Zstd, first, chunks.Count - first));
            offset += sealedBytes;
        }

        return (frames, chunks, offset);
    }
}
