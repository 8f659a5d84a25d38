using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with one request and many responses.</summary>
internal sealed class ServerStreamingMethodHandler<TService, TRequest, TResponse> : MethodHandler
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> _implementation;
    private readonly ServerStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ServerStreamingMethodHandler(MethodSettings settings, Method<TRequest, TResponse> method, MethodInfo implementation)
        : base(settings)
    {
        _method = method;
        _implementation = implementation
            .CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
        _pipeline = settings.Interceptors.Reverse()
            .Aggregate<InterceptorRegistration, ServerStreamingServerMethod<TRequest, TResponse>>(CallServiceAsync, Intercept);
    }

    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var request = await ReadSingleAsync(context, _method.RequestMarshaller).ConfigureAwait(false);
        var responses = new ResponseStreamWriter<TResponse>(context, _method.ResponseMarshaller);
        await _pipeline(request, responses, context).ConfigureAwait(false);
    }

    private static ServerStreamingServerMethod<TRequest, TResponse> Intercept(
        ServerStreamingServerMethod<TRequest, TResponse> next, InterceptorRegistration registration) =>
        async (request, responses, context) =>
    {
        var interceptor = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            await interceptor.Instance.ServerStreamingServerHandler(request, responses, context, next).ConfigureAwait(false);
        }
        finally
        {
            await interceptor.ReleaseAsync().ConfigureAwait(false);
        }
    };

    private async Task CallServiceAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
        try
        {
            await _implementation(service.Instance, request, responses, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
