using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with many requests and one response.</summary>
internal sealed class ClientStreamingMethodHandler<TService, TRequest, TResponse> : MethodHandler
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> _implementation;
    private readonly ClientStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ClientStreamingMethodHandler(MethodSettings settings, Method<TRequest, TResponse> method, MethodInfo implementation)
        : base(settings)
    {
        _method = method;
        _implementation = implementation
            .CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
        _pipeline = settings.Interceptors.Reverse()
            .Aggregate<InterceptorRegistration, ClientStreamingServerMethod<TRequest, TResponse>>(CallServiceAsync, Intercept);
    }

    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var requests = new RequestStreamReader<TRequest>(context, _method.RequestMarshaller);
        try
        {
            var response = await _pipeline(requests, context).ConfigureAwait(false);
            await WriteSingleAsync(context, _method.ResponseMarshaller, response).ConfigureAwait(false);
        }
        finally
        {
            requests.Close();
        }
    }

    private static ClientStreamingServerMethod<TRequest, TResponse> Intercept(
        ClientStreamingServerMethod<TRequest, TResponse> next, InterceptorRegistration registration) => async (requests, context) =>
    {
        var interceptor = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            return await interceptor.Instance.ClientStreamingServerHandler(requests, context, next).ConfigureAwait(false);
        }
        finally
        {
            await interceptor.ReleaseAsync().ConfigureAwait(false);
        }
    };

    private async Task<TResponse> CallServiceAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
    {
        var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
        try
        {
            return await _implementation(service.Instance, requests, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
