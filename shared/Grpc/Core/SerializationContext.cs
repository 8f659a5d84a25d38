using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts one message: either a whole array, or a length followed by writes.</summary>
public abstract class SerializationContext
{
    /// <summary>Takes the message as one array, which is not kept.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>A writer for the message; <see cref="Complete()"/> ends it.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Announces the exact length in bytes before the writer is asked for.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw new NotImplementedException();

    /// <summary>Ends a message written to <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
