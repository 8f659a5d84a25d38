using Google.Protobuf;
using K8sBackup.Agent.Download;
using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Payloads;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Download;

public sealed class ChunkDecoderTests : IDisposable
{
    private readonly BufferPool _buffers = new();
    private readonly ChunkDecoder _decoder;

    public ChunkDecoderTests() => _decoder = new ChunkDecoder(_buffers);

    public void Dispose()
    {
        _decoder.Dispose();
        _buffers.Dispose();
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Zstd)]
    public void Decode_WholeChunks_AreTheChunks(Compression compression)
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Chunk(i), Read(Piece(i, 0, 1000, compression)));
        }
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Zstd)]
    public void Decode_PartsOfChunks_NeedTheBytesOnceWhileTheyAreKept(Compression compression)
    {
        for (int i = 0; i < RecentChunks<int>.Kept; i++)
        {
            Assert.Equal(Chunk(i)[10..20], Read(Piece(i, 10, 10, compression)));
        }

        for (int i = 0; i < RecentChunks<int>.Kept; i++)
        {
            Assert.Equal(Chunk(i)[500..], Read(Again(i, 500, 500)));
        }

        Read(Piece(99, 0, 1, compression));
        Fails(FailureCause.ProtocolViolation, Again(0, 500, 500));
        Assert.Equal(Chunk(1)[..5], Read(Again(1, 0, 5)));
    }

    [Fact]
    public void Decode_WholeChunkBetweenParts_ChangesNothingOfThem()
    {
        Read(Piece(0, 0, 10, Compression.Zstd));
        for (int i = 1; i < 100; i++)
        {
            Read(Piece(i, 0, 1000, Compression.Zstd));
        }

        Assert.Equal(Chunk(0)[7..9], Read(Again(0, 7, 2)));
        Fails(FailureCause.ProtocolViolation, Again(1, 7, 2));
    }

    [Fact]
    public void Begin_AnotherStream_NothingIsKept()
    {
        Read(Piece(0, 0, 10, Compression.Zstd));
        _decoder.Begin();

        Fails(FailureCause.ProtocolViolation, Again(0, 7, 2));
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Zstd)]
    public void Decode_DamagedChunk_FailsWithEveryPieceOfItAndNoOther(Compression compression)
    {
        foreach (int take in new[] { 10, 1000 })
        {
            Data damaged = Piece(5, 0, take, compression);
            byte[] payload = damaged.Payload.ToByteArray();
            payload[^1] ^= 1;
            damaged.Payload = ByteString.CopyFrom(payload);
            Fails(FailureCause.StoreCorrupt, damaged);
        }

        Fails(FailureCause.StoreCorrupt, Again(5, 20, 10));
        Assert.Equal(Chunk(6)[..10], Read(Piece(6, 0, 10, compression)));
    }

    [Fact]
    public void Take_Malformed_IsRefused()
    {
        Action<Data>[] faults =
        [
            d => d.Skip = -1,
            d => d.Skip = 991,
            d => d.Take = 0,
            d => d.Take = int.MaxValue,
            d => d.ChunkLength = 0,
            d => d.ChunkLength = 2 << 20,
            d => d.FileOffset = -1,
            d => d.ChunkId = ByteString.Empty,
            d => d.Payload = ByteString.Empty,
        ];
        Assert.All(faults, fault =>
        {
            Data data = Piece(0, 0, 10, Compression.None);
            fault(data);
            Fails(FailureCause.ProtocolViolation, data);
        });
    }

    private static byte[] Chunk(int number) => [.. Enumerable.Range(0, 1000).Select(i => (byte)((i % 50) + number))];

    private static Data Piece(int number, int skip, int take, Compression compression)
    {
        byte[] chunk = Chunk(number);
        byte[] packed = new byte[1000];
        int length = Zstd.Compress(chunk, packed);
        return new Data
        {
            Compression = compression,
            ChunkLength = chunk.Length,
            Skip = skip,
            Take = take,
            ChunkId = ByteString.CopyFrom(ChunkId.Of(chunk).ToArray()),
            Payload = ByteString.CopyFrom(compression == Compression.Zstd ? packed.AsSpan(0, length) : chunk),
        };
    }

    private static Data Again(int number, int skip, int take)
    {
        Data data = Piece(number, skip, take, Compression.None);
        data.Payload = ByteString.Empty;
        return data;
    }

    private byte[] Read(Data data)
    {
        _decoder.Take(data);
        return _decoder.Decode(data).ToArray();
    }

    private void Fails(FailureCause cause, Data data) =>
        Assert.Equal(cause, Assert.Throws<BackupException>(() => Read(data)).Failure.Cause);
}
