using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Upload;

public sealed class FrameBuilderTests : IDisposable
{
    private readonly BufferPool _buffers = new();
    private readonly FrameBuilder _frames;

    public FrameBuilderTests() => _frames = new FrameBuilder(_buffers);

    public void Dispose()
    {
        _frames.Dispose();
        _buffers.Dispose();
    }

    [Theory]
    [InlineData(FrameBuilder.AloneBytesMin)]
    [InlineData(1024 * 1024)]
    public void Seal_LargeChunk_IsAFrameByItself(int length)
    {
        byte[] chunk = new byte[length];
        ChunkId id = ChunkId.Of(chunk);
        OutgoingFrame frame = new FrameSealer(_buffers).Seal(FrameContent.Data, [id], [(uint)length], chunk);

        Assert.Equal((FrameContent.Data, Compression.Zstd), (frame.Content, frame.Compression));
        Assert.Equal([id], frame.Ids);
        byte[] plaintext = new byte[length];
        Zstd.Decompress(frame.Payload.GetSpan()[..frame.PayloadBytes], plaintext);
        Assert.Equal(chunk, plaintext);
        _buffers.Return(frame.Payload);
    }

    [Fact]
    public void Add_SmallChunks_ShareAFrameUpToItsLimit()
    {
        List<FrameDraft> frames = [];
        for (int i = 0; i < 12; i++)
        {
            if (Add(FrameContent.Data, 100_000) is { } full)
            {
                frames.Add(full);
            }
        }

        frames.AddRange(_frames.TakeRest());

        Assert.Equal([5, 5, 2], frames.Select(frame => frame.Ids.Count));
        Assert.All(frames, frame => Assert.True(frame.Length <= FrameBuilder.SharedBytesMax));
    }

    [Fact]
    public void Add_DataAndMetadata_NeverShareAFrame()
    {
        Assert.Null(Add(FrameContent.Data, 10));
        Assert.Null(Add(FrameContent.Metadata, 20));

        Assert.Equal([(FrameContent.Data, 10), (FrameContent.Metadata, 20)], _frames.TakeRest().Select(frame => (frame.Content, frame.Length)));
    }

    [Fact]
    public void Add_TinyChunks_KeepToTheCountLimit()
    {
        FrameDraft? full = null;
        for (int i = 0; i <= 4096; i++)
        {
            full = Add(FrameContent.Data, 1);
        }

        Assert.Equal(4096, full!.Ids.Count);
    }

    private FrameDraft? Add(FrameContent content, int length)
    {
        byte[] chunk = new byte[length];
        return _frames.Add(content, ChunkId.Of(chunk), chunk);
    }
}
