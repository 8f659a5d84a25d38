using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;
using Grpc.Wire;

namespace K8sBackup.Grpc.Tests.Wire;

public sealed class PooledFrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    public void Serialize_InPiecesWithoutLength_GivesHeaderAndBytes(int length)
    {
        var expected = new byte[length];
        new Random(length).NextBytes(expected);
        var marshaller = new Marshaller<byte[]>(
            (bytes, context) =>
            {
                foreach (var piece in bytes.Chunk(777))
                {
                    context.GetBufferWriter().Write(piece);
                }

                context.Complete();
            },
            context => context.PayloadAsNewBuffer());
        var frame = new PooledFrame(null);

        // Twice: the second message must not see the first one's bytes.
        frame.Serialize(marshaller, new byte[400_000]);
        var bytes = frame.Serialize(marshaller, expected).Span;

        Assert.Equal(0, bytes[0]);
        Assert.Equal(length, BinaryPrimitives.ReadInt32BigEndian(bytes[1..]));
        Assert.True(bytes[5..].SequenceEqual(expected));
    }

    [Fact]
    public void Serialize_OverLimitWithoutLength_IsResourceExhausted()
    {
        var marshaller = new Marshaller<byte[]>(
            (bytes, context) =>
            {
                context.GetBufferWriter().Write(bytes);
                context.Complete();
            },
            context => context.PayloadAsNewBuffer());

        var error = Assert.Throws<RpcException>(() => new PooledFrame(10).Serialize(marshaller, new byte[11]));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(15, new PooledFrame(10).Serialize(marshaller, new byte[10]).Length);
    }

    [Fact]
    public void Serialize_NeverCompleted_IsInternal()
    {
        var marshaller = new Marshaller<string>((_, _) => { }, _ => "");

        Assert.Equal(
            StatusCode.Internal, Assert.Throws<RpcException>(() => new PooledFrame(null).Serialize(marshaller, "")).StatusCode);
    }

    [Fact]
    public void Serialize_WholeArray_GivesHeaderAndBytes() =>
        Assert.Equal([0, 0, 0, 0, 2, (byte)'h', (byte)'i'], new PooledFrame(null).Serialize(Marshallers.StringMarshaller, "hi").ToArray());
}
