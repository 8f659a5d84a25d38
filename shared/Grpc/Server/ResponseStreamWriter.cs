using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The responses of a streaming call as its handler writes them.</summary>
internal sealed class ResponseStreamWriter<TResponse>(HttpServerCallContext context, Marshaller<TResponse> marshaller)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private int _writing;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            // A cancelled write leaves half a message behind, so the token cancels the call, as in the official packages.
            using var registration = cancellationToken.UnsafeRegister(
                static state => ((HttpServerCallContext)state!).HttpContext.Abort(), context);
            var flush = (WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint;
            await context.Output.WriteAsync(marshaller, message, flush, context.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}
