using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>One direction of a stream between a test and a handler.</summary>
internal sealed class MessagePipe<T> : IAsyncStreamReader<T>, IServerStreamWriter<T>
    where T : class
{
    private readonly Channel<T> _messages = Channel.CreateUnbounded<T>();
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("Nothing was read yet.");

    public WriteOptions? WriteOptions { get; set; }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _messages.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }

        return _messages.Reader.TryRead(out _current);
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken) =>
        _messages.Writer.WriteAsync(Sent(message), cancellationToken).AsTask();

    /// <summary>Ends the stream; with a fault, its reader gets that.</summary>
    public void Complete(Exception? fault = null) => _messages.Writer.TryComplete(fault);

    /// <summary>Everything written and not yet read.</summary>
    public IReadOnlyList<T> Drain()
    {
        List<T> all = [];
        while (_messages.Reader.TryRead(out T? message))
        {
            all.Add(message);
        }

        return all;
    }

    // As on the wire: what the writer does with its memory afterwards is not seen by the reader.
    private static T Sent(T message) => message is IMessage wire ? (T)wire.Descriptor.Parser.ParseFrom(wire.ToByteString()) : message;
}
