using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A call with many requests and one response. Dispose it to cancel it before its end.</summary>
public sealed class AsyncClientStreamingCall<TRequest, TResponse> : IDisposable
{
    private readonly CallHooks _hooks;

    /// <summary>A call made of functions without state.</summary>
    public AsyncClientStreamingCall(
        IClientStreamWriter<TRequest> requestStream,
        Task<TResponse> responseAsync,
        Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc,
        Func<Metadata> getTrailersFunc,
        Action disposeAction)
    {
        RequestStream = requestStream;
        ResponseAsync = responseAsync;
        _hooks = CallHooks.Create(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction);
    }

    /// <summary>A call made of functions that are given the state.</summary>
    public AsyncClientStreamingCall(
        IClientStreamWriter<TRequest> requestStream,
        Task<TResponse> responseAsync,
        Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatusFunc,
        Func<object, Metadata> getTrailersFunc,
        Action<object> disposeAction,
        object state)
    {
        RequestStream = requestStream;
        ResponseAsync = responseAsync;
        _hooks = new CallHooks(state, responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction);
    }

    /// <summary>The requests to send.</summary>
    public IClientStreamWriter<TRequest> RequestStream { get; }

    /// <summary>The response. Fails with RpcException when the call does not end with OK.</summary>
    public Task<TResponse> ResponseAsync { get; }

    /// <summary>The response headers, as soon as they came.</summary>
    public Task<Metadata> ResponseHeadersAsync => _hooks.ResponseHeaders(_hooks.State);

    /// <summary>Awaits the response.</summary>
    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    /// <summary>Awaits the response, with or without the captured context.</summary>
    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) =>
        ResponseAsync.ConfigureAwait(continueOnCapturedContext);

    /// <summary>The final status. Throws InvalidOperationException before the end of the call.</summary>
    public Status GetStatus() => _hooks.Status(_hooks.State);

    /// <summary>The trailers. Throws InvalidOperationException before the end of the call.</summary>
    public Metadata GetTrailers() => _hooks.Trailers(_hooks.State);

    /// <summary>Cancels the call unless it has ended.</summary>
    public void Dispose() => _hooks.Dispose(_hooks.State);
}
