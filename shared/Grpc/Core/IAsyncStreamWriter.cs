namespace Grpc.Core;

/// <summary>A stream of messages to send. One write at a time: await each before the next.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How later messages are written; null is the default.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes one message; returns when flow control has taken it. The message may be reused afterwards.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes one message; a cancelled token cancels the whole call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("Cancellation of stream writes is not supported by this writer.")
        : WriteAsync(message);
}
