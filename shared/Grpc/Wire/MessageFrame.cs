using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The five bytes before each message: a compression flag and the length, big-endian.</summary>
internal static class MessageFrame
{
    public const int HeaderLength = 5;

    /// <summary>The default limit on received messages, the official one.</summary>
    public const int ReceiveBytesMaxDefault = 4 * 1024 * 1024;

    public static void WriteHeader(Span<byte> header, int length)
    {
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <summary>
    /// The length of the message behind a header. Throws RpcException for compressed messages and for lengths over the
    /// limit, before anything of that length is allocated.
    /// </summary>
    public static int ReadHeader(ReadOnlySpan<byte> header, int? bytesMax)
    {
        if (header[0] == 1)
        {
            throw new RpcException(new Status(
                StatusCode.Unimplemented, "The peer sent a compressed message; only the identity encoding is supported."));
        }

        if (header[0] != 0)
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"The peer sent a message with the unknown compression flag {header[0]}."));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)(bytesMax ?? Array.MaxLength))
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted,
                $"Received message exceeds the maximum configured message size: {length} bytes, allowed are {bytesMax}."));
        }

        return (int)length;
    }

    /// <summary>Throws RpcException when a message to send is over the limit.</summary>
    public static void CheckSendLength(int length, int? bytesMax)
    {
        if (length > (bytesMax ?? (Array.MaxLength - HeaderLength)))
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted,
                $"Sending message exceeds the maximum configured message size: {length} bytes, allowed are {bytesMax}."));
        }
    }
}
