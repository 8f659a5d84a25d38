using System.Buffers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>
/// Cuts a response stream into messages. As much as there is of the stream is read at once, so small messages cost
/// less than one read each; between messages nothing larger than needed is held. Not thread-safe.
/// </summary>
internal sealed class ResponseBody(HttpResponseMessage response, Stream stream, int? receiveBytesMax)
{
    /// <summary>What HttpClient's own HTTP/2 frames carry at most.</summary>
    private const int ReadBytes = 16 * 1024;

    private readonly ReceivedMessage _message = new();
    private byte[]? _buffer;
    private int _start;
    private int _end;

    /// <summary>
    /// The next message, or null at the end of the stream. Throws RpcException for messages that cannot be accepted.
    /// After a throw the buffer is left to the collector, because an aborted read might still write to it.
    /// </summary>
    public async Task<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        if (!await FillAsync(MessageFrame.HeaderLength, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var length = MessageFrame.ReadHeader(_buffer.AsSpan(_start, MessageFrame.HeaderLength), receiveBytesMax);
        var frameLength = MessageFrame.HeaderLength + length;
        if (!await FillAsync(frameLength, cancellationToken).ConfigureAwait(false))
        {
            throw Incomplete();
        }

        var payload = new ReadOnlySequence<byte>(_buffer!, _start + MessageFrame.HeaderLength, length);
        var message = _message.Deserialize(marshaller, payload);
        _start += frameLength;
        ReleaseWhenEmpty();
        return message;
    }

    /// <summary>How the call ended; asked after the last message.</summary>
    public (Status Status, Metadata Trailers) End()
    {
        var fields = response.TrailingHeaders.NonValidated;
        var status = CallResponse.FromFields(fields)
            ?? new Status(StatusCode.Unknown, "The server ended the stream without a status.");
        return (status, CallResponse.Metadata(fields));
    }

    /// <summary>Makes the buffer hold so many bytes; false when the stream ended before the first of them.</summary>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        MakeRoom(count);
        while (_end - _start < count)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                var empty = _end == _start;
                return empty ? EndOfStream() : throw Incomplete();
            }

            _end += read;
        }

        return true;
    }

    private static RpcException Incomplete() =>
        new(new Status(StatusCode.Internal, "The stream ended in the middle of a message."));

    private bool EndOfStream()
    {
        ReleaseWhenEmpty();
        return false;
    }

    private void MakeRoom(int count)
    {
        var held = _end - _start;
        if (_buffer is null || _buffer.Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(count, ReadBytes));
            if (_buffer is not null)
            {
                _buffer.AsSpan(_start, held).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }
        else if (_buffer.Length - _start < count)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
        }
        else
        {
            return;
        }

        (_start, _end) = (0, held);
    }

    private void ReleaseWhenEmpty()
    {
        if (_buffer is not null && _start == _end)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end) = (null, 0, 0);
        }
    }
}
