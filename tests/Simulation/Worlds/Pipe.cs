using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;

namespace K8sBackup.Simulation.Worlds;

/// <summary>One direction of a stream between a simulated agent and a coordinator.</summary>
internal sealed class Pipe<T> : IAsyncStreamReader<T>, IServerStreamWriter<T>
    where T : class
{
    private readonly Channel<T> _messages = Channel.CreateUnbounded<T>();
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("Nothing was read yet.");

    public WriteOptions? WriteOptions { get; set; }

    public async Task<bool> MoveNext(CancellationToken cancellationToken) =>
        await _messages.Reader.WaitToReadAsync(cancellationToken) && _messages.Reader.TryRead(out _current);

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken) =>
        _messages.Writer.WriteAsync(Sent(message), cancellationToken).AsTask();

    /// <summary>Ends the stream; with a fault, its reader gets that.</summary>
    public void Complete(Exception? fault = null) => _messages.Writer.TryComplete(fault);

    // As on the wire: what the writer does with its memory afterwards is not seen by the reader.
    private static T Sent(T message) => message is IMessage wire ? (T)wire.Descriptor.Parser.ParseFrom(wire.ToByteString()) : message;
}
