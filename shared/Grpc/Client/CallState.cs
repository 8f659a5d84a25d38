using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// How a call stands: running, or ended with a status. The first of trailers, fault, cancellation, deadline and dispose
/// decides; later ones change nothing. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a timer or a wait handle there is nothing to dispose, and a late abort must not meet a disposed source.")]
internal sealed class CallState
{
    private readonly TaskCompletionSource<(Status Status, Metadata Trailers)> _end =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CancellationTokenSource _aborted = new();
    private readonly bool _throwOperationCanceled;
    private readonly CancellationToken _callerToken;
    private bool _endedByCaller;

    public CallState(bool throwOperationCanceled, CancellationToken callerToken)
    {
        (_throwOperationCanceled, _callerToken) = (throwOperationCanceled, callerToken);
        Aborted = _aborted.Token;
    }

    /// <summary>Cancelled when the call ended; stops what is pending.</summary>
    public CancellationToken Aborted { get; }

    /// <summary>Completes with the end of the call; never fails.</summary>
    public Task<(Status Status, Metadata Trailers)> End => _end.Task;

    /// <summary>Ends the call with what the peer, or a fault of the connection, says. False when it had ended.</summary>
    public bool TryEnd(Status status, Metadata trailers) => _end.TrySetResult((status, trailers));

    /// <summary>Ends the call from this side and aborts what is pending. False when it had ended.</summary>
    public bool TryAbort(Status status, bool byCaller = false)
    {
        // Set before the end is published: whoever sees the end reads it.
        if (byCaller && !_end.Task.IsCompleted)
        {
            _endedByCaller = true;
        }

        if (!TryEnd(status, []))
        {
            return false;
        }

        _aborted.Cancel();
        return true;
    }

    /// <summary>The exception for a call that ended with a status other than OK.</summary>
    public Exception Exception()
    {
        var (status, trailers) = _end.Task.Result;
        if (_throwOperationCanceled && _endedByCaller
            && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            return new OperationCanceledException(
                status.Detail, new RpcException(status, trailers), _callerToken.IsCancellationRequested ? _callerToken : default);
        }

        return new RpcException(status, trailers);
    }

    /// <summary>Stops what is still pending after the end, such as a write the peer will never take.</summary>
    public void Close() => _aborted.Cancel();
}
