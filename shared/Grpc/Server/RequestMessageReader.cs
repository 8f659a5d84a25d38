using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>Cuts a request body into messages, parsed where they lie in the receive buffers. One reader at a time.</summary>
internal sealed class RequestMessageReader(PipeReader input, int? receiveBytesMax, CancellationToken requestAborted)
{
    private readonly ReceivedMessage _message = new();
    private int _reading;

    /// <summary>
    /// The next message, or null at the end. Throws RpcException for messages that cannot be accepted and
    /// OperationCanceledException when the client gave up or its connection was lost.
    /// </summary>
    public async Task<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        SpinWait.SpinUntil(() => Interlocked.CompareExchange(ref _reading, 1, 0) == 0);
        try
        {
            return await ReadNextAsync(marshaller, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    /// <summary>
    /// True when the client has sent all it will send; false when it has not, or when that cannot be known because somebody waits
    /// for the next message. May be asked at any time.
    /// </summary>
    public bool IsAllReceived()
    {
        if (Interlocked.CompareExchange(ref _reading, 1, 0) != 0)
        {
            return false;
        }

        try
        {
            if (!input.TryRead(out var result))
            {
                return false;
            }

            input.AdvanceTo(result.Buffer.Start);
            return result.IsCompleted;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private async Task<T?> ReadNextAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await ReadInputAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (TryTakeFrame(buffer, out var payload))
            {
                var message = _message.Deserialize(marshaller, payload);
                input.AdvanceTo(payload.End);
                return message;
            }

            if (result.IsCompleted)
            {
                return buffer.IsEmpty
                    ? null
                    : throw new RpcException(new Status(StatusCode.Internal, "The request stream ended in the middle of a message."));
            }

            // Examined to the end: Kestrel then reopens the flow-control window, and messages may be larger than it.
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async ValueTask<ReadResult> ReadInputAsync(CancellationToken cancellationToken)
    {
        try
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            return result.IsCanceled ? throw new OperationCanceledException(requestAborted) : result;
        }
        catch (IOException error)
        {
            throw new OperationCanceledException("The client cancelled the call or its connection was lost.", error, requestAborted);
        }
    }

    private bool TryTakeFrame(ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < MessageFrame.HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[MessageFrame.HeaderLength];
        buffer.Slice(0, MessageFrame.HeaderLength).CopyTo(header);
        var length = MessageFrame.ReadHeader(header, receiveBytesMax);
        if (buffer.Length - MessageFrame.HeaderLength < length)
        {
            return false;
        }

        payload = buffer.Slice(MessageFrame.HeaderLength, length);
        return true;
    }
}
