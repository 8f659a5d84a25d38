using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Writes the requests of a streaming call. One write at a time.</summary>
internal sealed class RequestStreamWriter<TRequest>(
    CallState state, StreamRequestContent content, Marshaller<TRequest> marshaller, int? sendBytesMax)
    : IClientStreamWriter<TRequest>
{
    /// <summary>
    /// How long a failed write waits for the status that explains it. The status is on its way already: the server sent it
    /// before it stopped reading.
    /// </summary>
    private static readonly TimeSpan _statusWait = TimeSpan.FromSeconds(2);

    private readonly PooledFrame _frame = new(sendBytesMax);
    private int _writing;
    private bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            if (_completed)
            {
                throw new InvalidOperationException("Request stream has already been completed.");
            }

            using var registration = cancellationToken.UnsafeRegister(
                static call => ((CallState)call!).TryAbort(
                    new Status(StatusCode.Cancelled, "Call canceled by the client."), byCaller: true),
                state);
            await WriteCoreAsync(message).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        if (Volatile.Read(ref _writing) == 1)
        {
            throw new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress.");
        }

        _completed = true;
        content.End();
        return Task.CompletedTask;
    }

    private async Task WriteCoreAsync(TRequest message)
    {
        if (!content.Opened.IsCompleted)
        {
            await Task.WhenAny(content.Opened, state.End).ConfigureAwait(false);
        }

        if (state.End.IsCompleted)
        {
            throw EndedException();
        }

        var stream = await content.Opened.ConfigureAwait(false);
        var frame = Serialize(message);
        try
        {
            await stream.WriteAsync(frame, state.Aborted).ConfigureAwait(false);
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
            {
                await stream.FlushAsync(state.Aborted).ConfigureAwait(false);
            }

            // After a failed write the stream might still hold the array, so only a finished one gives it back.
            _frame.Release();
        }
        catch (Exception error) when (IsEndOfStream(error))
        {
            throw await ExplainAsync(error).ConfigureAwait(false);
        }
    }

    /// <summary>What HttpClient throws when the server or the connection ended while a request was being written.</summary>
    private static bool IsEndOfStream(Exception error) =>
        error is IOException or OperationCanceledException or ObjectDisposedException or HttpRequestException
            or InvalidOperationException;

    private ReadOnlyMemory<byte> Serialize(TRequest message)
    {
        try
        {
            return _frame.Serialize(marshaller, message);
        }
        catch (RpcException error)
        {
            // The peer cannot be told why a request is missing, so the call cannot go on.
            state.TryAbort(error.Status);
            throw;
        }
    }

    /// <summary>
    /// The reading side knows why writing ended. A caller that does not read gets UNAVAILABLE after a moment, and the true
    /// status from the response stream.
    /// </summary>
    private async Task<Exception> ExplainAsync(Exception error)
    {
        using var patience = new CancellationTokenSource(_statusWait, TimeProvider.System);
        try
        {
            await state.End.WaitAsync(patience.Token).ConfigureAwait(false);
            return EndedException();
        }
        catch (OperationCanceledException)
        {
            return new RpcException(new Status(
                StatusCode.Unavailable,
                $"The server no longer takes requests; the status is at the end of the response stream. {error.Message}",
                error));
        }
    }

    private Exception EndedException() => state.End.Result.Status.StatusCode == StatusCode.OK
        ? new InvalidOperationException("Can't write the message because the call is complete.")
        : state.Exception();
}
