using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Payloads;

/// <summary>
/// Reads the requests of an upload: a frame's ids and payload stay pieces of the received message, which is copied once and
/// into pooled memory. Whatever is not a plain frame is left to the generated parser.
/// </summary>
internal static class UploadRequestReader
{
    /// <summary>The message; a frame in it is to be released.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message.</exception>
    public static UploadRequest Read(DeserializationContext context)
    {
        MessageBytes bytes = MessageBytes.Copy(context.PayloadAsReadOnlySequence());
        Frame frame = new() { Source = bytes };
        if (TryReadFrame(bytes.Memory, frame))
        {
            return new UploadRequest { Frame = frame };
        }

        using (bytes)
        {
            return UploadRequest.Parser.ParseFrom(bytes.Memory.Span);
        }
    }

    private static bool TryReadFrame(ReadOnlyMemory<byte> message, Frame frame)
    {
        FieldReader outer = new(message.Span);
        return outer.TryReadTag(out int field, out WireFormat.WireType type)
            && field == UploadRequest.FrameFieldNumber && type == WireFormat.WireType.LengthDelimited
            && outer.TryReadBytes(out Range inner) && outer.IsAtEnd
            && TryReadFields(message[inner], frame);
    }

    private static bool TryReadFields(ReadOnlyMemory<byte> message, Frame frame)
    {
        FieldReader fields = new(message.Span);
        while (!fields.IsAtEnd)
        {
            if (!fields.TryReadTag(out int field, out WireFormat.WireType type))
            {
                return false;
            }

            bool read = type switch
            {
                WireFormat.WireType.Varint => fields.TryReadNumber(out ulong number) && TrySet(frame, field, number),
                WireFormat.WireType.LengthDelimited => fields.TryReadBytes(out Range place) && TrySet(frame, field, message[place]),
                _ => false,
            };
            if (!read)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TrySet(Frame frame, int field, ulong number)
    {
        switch (field)
        {
            case Frame.SeqFieldNumber:
                frame.Seq = number;
                return true;
            case Frame.ContentFieldNumber:
                frame.Content = (FrameContent)(int)number;
                return true;
            case Frame.CompressionFieldNumber:
                frame.Compression = (Compression)(int)number;
                return true;
            default:
                return false;
        }
    }

    private static bool TrySet(Frame frame, int field, ReadOnlyMemory<byte> bytes)
    {
        switch (field)
        {
            case Frame.ChunkIdsFieldNumber:
                frame.ChunkIds = UnsafeByteOperations.UnsafeWrap(bytes);
                return true;
            case Frame.LengthsFieldNumber:
                return TryAddLengths(frame, bytes.Span);
            case Frame.PayloadFieldNumber:
                frame.Payload = UnsafeByteOperations.UnsafeWrap(bytes);
                return true;
            default:
                return false;
        }
    }

    private static bool TryAddLengths(Frame frame, ReadOnlySpan<byte> packed)
    {
        FieldReader lengths = new(packed);
        while (!lengths.IsAtEnd)
        {
            if (!lengths.TryReadNumber(out ulong length))
            {
                return false;
            }

            frame.Lengths.Add((uint)length);
        }

        return true;
    }
}
