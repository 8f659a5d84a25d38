using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// One call over HTTP/2, from the request to the trailers; also the reader of its responses.
/// <para>The task started by <see cref="Start"/> sends the request and reads the response headers; the responses are
/// read by whoever asks for them, one at a time. The end of the call, wherever it comes from, disposes the response:
/// that is what sends RST_STREAM(CANCEL) when the peer has not ended the stream.</para>
/// </summary>
internal sealed class HttpCall<TResponse> : IAsyncStreamReader<TResponse>, IDisposable
    where TResponse : class
{
    private readonly GrpcChannel _channel;
    private readonly IMethod _method;
    private readonly Marshaller<TResponse> _marshaller;
    private readonly CallOptions _options;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ResponseBody?> _body = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private CallDeadline? _deadline;
    private int _reading;
    private TResponse? _current;

    public HttpCall(GrpcChannel channel, IMethod method, Marshaller<TResponse> marshaller, CallOptions options)
    {
        _channel = channel;
        _method = method;
        _marshaller = marshaller;
        _options = options;
        State = new CallState(channel.Options.ThrowOperationCanceledOnCancellation, options.CancellationToken);
    }

    public CallState State { get; }

    public Task<Metadata> ResponseHeaders => _headers.Task;

    public TResponse Current => _current ?? throw new InvalidOperationException("No message has been read yet.");

    /// <summary>Starts the call. Throws only for options that can never work.</summary>
    public void Start(HttpContent content)
    {
        _deadline = CallDeadline.Start(TimeProvider.System, EarlierDeadline(), State);
        AbortWith("Call canceled by the client.", _options.CancellationToken);
        AbortWith("The served call was cancelled.", _options.PropagationToken?.CancellationToken ?? CancellationToken.None);
        AbortWith("The channel was disposed.", _channel.Disposed);
        _ = RunAsync(content);
    }

    public Status GetStatus() => State.End.IsCompleted
        ? State.End.Result.Status
        : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => State.End.IsCompleted
        ? State.End.Result.Trailers
        : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    /// <summary>The response of a call that has just one.</summary>
    public async Task<TResponse> ReadSingleAsync()
    {
        var found = await ReadNextAsync().ConfigureAwait(false);
        if (found && await ReadNextAsync().ConfigureAwait(false))
        {
            State.TryAbort(new Status(StatusCode.Internal, "The server sent more than one response."));
            throw State.Exception();
        }

        return found ? _current! : throw new RpcException(new Status(StatusCode.Internal, "The server sent no response."));
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        try
        {
            using var registration = cancellationToken.UnsafeRegister(
                static state => ((CallState)state!).TryAbort(
                    new Status(StatusCode.Cancelled, "Call canceled by the client."), byCaller: true),
                State);
            return await ReadNextAsync().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    public void Dispose() => State.TryAbort(new Status(StatusCode.Cancelled, "gRPC call disposed."));

    private DateTime? EarlierDeadline()
    {
        var (own, inherited) = (_options.Deadline, _options.PropagationToken?.Deadline);
        return own is null || inherited < own ? inherited ?? own : own;
    }

    private void AbortWith(string detail, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registrations.Add(cancellationToken.UnsafeRegister(
                _ => State.TryAbort(new Status(StatusCode.Cancelled, detail), byCaller: true), null));
        }
    }

    private async Task RunAsync(HttpContent content)
    {
        HttpResponseMessage? response = null;
        try
        {
            if (!State.End.IsCompleted)
            {
                using var request = await CallRequest.CreateAsync(_channel, _method, _options, _deadline, content, State.Aborted)
                    .ConfigureAwait(false);
                response = await _channel.SendAsync(request, State.Aborted).ConfigureAwait(false);
                await OpenBodyAsync(response).ConfigureAwait(false);
            }

            await State.End.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The boundary of the call: every fault becomes its status.
        catch (Exception error)
#pragma warning restore CA1031
        {
            EndWithFault(error);
        }
        finally
        {
            CleanUp(response, content);
        }
    }

    private async Task OpenBodyAsync(HttpResponseMessage response)
    {
        var metadata = CallResponse.Metadata(response.Headers.NonValidated);
        if (CallResponse.EarlyStatus(response) is { } early)
        {
            State.TryEnd(early, metadata);
            _headers.TrySetResult(metadata);
            return;
        }

        _headers.TrySetResult(metadata);
        var stream = await response.Content.ReadAsStreamAsync(State.Aborted).ConfigureAwait(false);
        _body.TrySetResult(new ResponseBody(response, stream, _channel.Options.MaxReceiveMessageSize));
    }

    private async Task<bool> ReadNextAsync()
    {
        try
        {
            // Null when the call ended before there was a body.
            if (await _body.Task.ConfigureAwait(false) is { } body && !State.End.IsCompleted)
            {
                if (await body.ReadAsync(_marshaller, State.Aborted).ConfigureAwait(false) is { } message)
                {
                    _current = message;
                    return true;
                }

                var (status, trailers) = body.End();
                State.TryEnd(status, trailers);
            }
        }
#pragma warning disable CA1031 // The boundary of the call: every fault becomes its status.
        catch (Exception error)
#pragma warning restore CA1031
        {
            EndWithFault(error);
        }

        return (await State.End.ConfigureAwait(false)).Status.StatusCode == StatusCode.OK ? false : throw State.Exception();
    }

    private void EndWithFault(Exception error)
    {
        var status = FaultStatus.From(error, _channel.Address);
        if (status.StatusCode == StatusCode.Cancelled && _deadline?.Remaining <= TimeSpan.Zero)
        {
            // The server's own timer was first and it reset the stream.
            status = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded", error);
        }

        State.TryAbort(status);
    }

    private void CleanUp(HttpResponseMessage? response, HttpContent content)
    {
        State.Close();
        response?.Dispose();
        (content as StreamRequestContent)?.End();
        _deadline?.Dispose();
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        var (status, _) = State.End.Result;
        if (status.StatusCode != StatusCode.OK)
        {
            _channel.Log.CallFailed(_method.FullName, _channel.Address.Authority, status.StatusCode, status.Detail);
        }

        _body.TrySetResult(null);
        if (!_headers.Task.IsCompleted && _headers.TrySetException(State.Exception()))
        {
            // Nobody need ask for the headers of a failed call.
            _ = _headers.Task.Exception;
        }
    }
}
