using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The requests of a streaming call as its handler reads them.</summary>
internal sealed class RequestStreamReader<TRequest>(HttpServerCallContext context, Marshaller<TRequest> marshaller)
    : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private TRequest? _current;
    private bool _ended;
    private int _reading;

    public TRequest Current => _current ?? throw new InvalidOperationException("No message has been read yet.");

    /// <summary>Makes later reads end at once, because the handler returned and the request is going away.</summary>
    public void Close() => _ended = true;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_ended)
        {
            return false;
        }

        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        try
        {
            using var linked = Linked(cancellationToken);
            _current = await context.Reader.ReadAsync(marshaller, linked?.Token ?? context.CancellationToken).ConfigureAwait(false);
            _ended = _current is null;
            return !_ended;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private CancellationTokenSource? Linked(CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.CancellationToken)
        : null;
}
