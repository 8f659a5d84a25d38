using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>
/// Serialises one message at a time behind its frame header into one pooled array, so that a message is one write.
/// The array goes back to the pool with <see cref="Release"/>. Not thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer is this object itself; only arrays are held.")]
internal sealed class PooledFrame(int? bytesMax) : SerializationContext, IBufferWriter<byte>
{
    private const int CapacityMin = 256;

    private byte[]? _array;
    private int _written;
    private bool _complete;

    /// <summary>Header and message. Throws RpcException (INTERNAL) when the serializer did not complete.</summary>
    public ReadOnlyMemory<byte> Serialize<T>(Marshaller<T> marshaller, T message)
    {
        (_written, _complete) = (MessageFrame.HeaderLength, false);
        marshaller.ContextualSerializer(message, this);
        if (!_complete)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The serializer did not complete the message."));
        }

        MessageFrame.WriteHeader(_array, _written - MessageFrame.HeaderLength);
        return _array.AsMemory(0, _written);
    }

    /// <summary>Gives the array back. Nothing may use the memory of the last message afterwards.</summary>
    public void Release()
    {
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = null;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        MessageFrame.CheckSendLength(payloadLength, bytesMax);
        Reserve(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete()
    {
        Reserve(0);
        MessageFrame.CheckSendLength(_written - MessageFrame.HeaderLength, bytesMax);
        _complete = true;
    }

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        payload.CopyTo(_array.AsSpan(_written));
        _written += payload.Length;
        _complete = true;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array!.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void Reserve(int count)
    {
        var needed = checked(_written + count);
        if (_array is not null && _array.Length >= needed)
        {
            return;
        }

        // Doubling keeps a serializer that announced no length from copying quadratically.
        var doubled = (int)Math.Min(2L * (_array?.Length ?? 0), Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(CapacityMin, Math.Max(needed, doubled)));
        if (_array is not null)
        {
            _array.AsSpan(0, _written).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
