using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Hands a received message to its deserializer. One instance serves all messages of a stream, one after the other.</summary>
internal sealed class ReceivedMessage : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    /// <summary>Throws RpcException (INTERNAL) when the bytes are not a message of this type.</summary>
    public T Deserialize<T>(Marshaller<T> marshaller, ReadOnlySequence<byte> payload)
    {
        _payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"The received bytes are no valid {typeof(T).Name}: {error.Message}", error));
        }
        finally
        {
            _payload = default;
        }
    }

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;
}
