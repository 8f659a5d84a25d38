using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Payloads;

/// <summary>
/// Reads the messages of a restore: data stay pieces of the received message, which is copied once and into pooled memory. Items
/// of other kinds are read by the generated parser.
/// </summary>
internal static class RestoreMessageReader
{
    /// <summary>The message, to be released.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no such message.</exception>
    public static RestoreMessage Read(DeserializationContext context)
    {
        MessageBytes bytes = MessageBytes.Copy(context.PayloadAsReadOnlySequence());
        RestoreMessage message = new() { Source = bytes };
        if (TryReadItems(bytes.Memory, message))
        {
            return message;
        }

        using (bytes)
        {
            return RestoreMessage.Parser.ParseFrom(bytes.Memory.Span);
        }
    }

    private static bool TryReadItems(ReadOnlyMemory<byte> bytes, RestoreMessage message)
    {
        FieldReader fields = new(bytes.Span);
        while (!fields.IsAtEnd)
        {
            bool isItem = fields.TryReadTag(out int field, out WireFormat.WireType type)
                && field == RestoreMessage.ItemsFieldNumber && type == WireFormat.WireType.LengthDelimited
                && fields.TryReadBytes(out Range place)
                && TryReadItem(bytes[place], message);
            if (!isItem)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadItem(ReadOnlyMemory<byte> bytes, RestoreMessage message)
    {
        FieldReader fields = new(bytes.Span);
        bool isData = fields.TryReadTag(out int field, out WireFormat.WireType type)
            && field == RestoreItem.DataFieldNumber && type == WireFormat.WireType.LengthDelimited;
        if (!isData)
        {
            message.Items.Add(RestoreItem.Parser.ParseFrom(bytes.Span));
            return true;
        }

        Data data = new();
        if (!fields.TryReadBytes(out Range place) || !fields.IsAtEnd || !TryReadData(bytes[place], data))
        {
            return false;
        }

        message.Items.Add(new RestoreItem { Data = data });
        return true;
    }

    private static bool TryReadData(ReadOnlyMemory<byte> bytes, Data data)
    {
        FieldReader fields = new(bytes.Span);
        while (!fields.IsAtEnd)
        {
            if (!fields.TryReadTag(out int field, out WireFormat.WireType type))
            {
                return false;
            }

            bool read = type switch
            {
                WireFormat.WireType.Varint => fields.TryReadNumber(out ulong number) && TrySet(data, field, number),
                WireFormat.WireType.LengthDelimited => fields.TryReadBytes(out Range place) && TrySet(data, field, bytes[place]),
                _ => false,
            };
            if (!read)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TrySet(Data data, int field, ulong number)
    {
        switch (field)
        {
            case Data.FileOffsetFieldNumber:
                data.FileOffset = (long)number;
                return true;
            case Data.CompressionFieldNumber:
                data.Compression = (Compression)(int)number;
                return true;
            case Data.ChunkLengthFieldNumber:
                data.ChunkLength = (int)number;
                return true;
            case Data.SkipFieldNumber:
                data.Skip = (int)number;
                return true;
            case Data.TakeFieldNumber:
                data.Take = (int)number;
                return true;
            default:
                return false;
        }
    }

    private static bool TrySet(Data data, int field, ReadOnlyMemory<byte> bytes)
    {
        switch (field)
        {
            case Data.ChunkIdFieldNumber:
                data.ChunkId = UnsafeByteOperations.UnsafeWrap(bytes);
                return true;
            case Data.PayloadFieldNumber:
                data.Payload = UnsafeByteOperations.UnsafeWrap(bytes);
                return true;
            default:
                return false;
        }
    }
}
