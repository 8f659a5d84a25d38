using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with many requests and many responses.</summary>
internal sealed class DuplexStreamingMethodHandler<TService, TRequest, TResponse> : MethodHandler
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly DuplexStreamingServerMethod<TRequest, TResponse> _pipeline;
    private readonly Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>
        _implementation;

    public DuplexStreamingMethodHandler(MethodSettings settings, Method<TRequest, TResponse> method, MethodInfo implementation)
        : base(settings)
    {
        _method = method;
        _implementation = implementation.CreateDelegate<
            Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        _pipeline = settings.Interceptors.Reverse()
            .Aggregate<InterceptorRegistration, DuplexStreamingServerMethod<TRequest, TResponse>>(CallServiceAsync, Intercept);
    }

    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var requests = new RequestStreamReader<TRequest>(context, _method.RequestMarshaller);
        var responses = new ResponseStreamWriter<TResponse>(context, _method.ResponseMarshaller);
        try
        {
            await _pipeline(requests, responses, context).ConfigureAwait(false);
        }
        finally
        {
            requests.Close();
        }
    }

    private static DuplexStreamingServerMethod<TRequest, TResponse> Intercept(
        DuplexStreamingServerMethod<TRequest, TResponse> next, InterceptorRegistration registration) =>
        async (requests, responses, context) =>
    {
        var interceptor = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            await interceptor.Instance.DuplexStreamingServerHandler(requests, responses, context, next).ConfigureAwait(false);
        }
        finally
        {
            await interceptor.ReleaseAsync().ConfigureAwait(false);
        }
    };

    private async Task CallServiceAsync(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
        try
        {
            await _implementation(service.Instance, requests, responses, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
