using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Serialises messages behind their frame header straight into the response's buffers when their length is known before
/// (Protobuf's always is), else by way of a pooled array.
/// </summary>
internal sealed class ResponseFrame(PipeWriter output, int? bytesMax) : SerializationContext
{
    private ArrayBufferWriter<byte>? _unsized;
    private int? _length;
    private bool _complete;

    /// <summary>Whether the current message's header is in the output and its end is not.</summary>
    public bool IsPartlyWritten { get; private set; }

    /// <summary>Throws RpcException over the limit, and when the serializer did not complete.</summary>
    public void Serialize<T>(Marshaller<T> marshaller, T message)
    {
        (_unsized, _length, _complete) = (null, null, false);
        marshaller.ContextualSerializer(message, this);
        if (!_complete)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The serializer did not complete the message."));
        }

        IsPartlyWritten = false;
    }

    public override void SetPayloadLength(int payloadLength)
    {
        MessageFrame.CheckSendLength(payloadLength, bytesMax);
        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_length is { } length)
        {
            WriteHeader(length);
            return output;
        }

        return _unsized ??= new ArrayBufferWriter<byte>();
    }

    public override void Complete()
    {
        if (_unsized is not null)
        {
            Write(_unsized.WrittenSpan);
        }
        else if (!IsPartlyWritten)
        {
            WriteHeader(_length ?? 0);
        }

        _complete = true;
    }

    public override void Complete(byte[] payload)
    {
        Write(payload);
        _complete = true;
    }

    private void Write(ReadOnlySpan<byte> payload)
    {
        MessageFrame.CheckSendLength(payload.Length, bytesMax);
        WriteHeader(payload.Length);
        output.Write(payload);
    }

    private void WriteHeader(int length)
    {
        if (IsPartlyWritten)
        {
            return;
        }

        MessageFrame.WriteHeader(output.GetSpan(MessageFrame.HeaderLength), length);
        output.Advance(MessageFrame.HeaderLength);
        IsPartlyWritten = true;
    }
}
