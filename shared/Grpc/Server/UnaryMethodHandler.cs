using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with one request and one response.</summary>
internal sealed class UnaryMethodHandler<TService, TRequest, TResponse> : MethodHandler
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly Method<TRequest, TResponse> _method;
    private readonly Func<TService, TRequest, ServerCallContext, Task<TResponse>> _implementation;
    private readonly UnaryServerMethod<TRequest, TResponse> _pipeline;

    public UnaryMethodHandler(MethodSettings settings, Method<TRequest, TResponse> method, MethodInfo implementation)
        : base(settings)
    {
        _method = method;
        _implementation = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
        _pipeline = settings.Interceptors.Reverse().Aggregate<InterceptorRegistration, UnaryServerMethod<TRequest, TResponse>>(
            CallServiceAsync, Intercept);
    }

    protected override async Task InvokeAsync(HttpServerCallContext context)
    {
        var request = await ReadSingleAsync(context, _method.RequestMarshaller).ConfigureAwait(false);
        var response = await _pipeline(request, context).ConfigureAwait(false);
        await WriteSingleAsync(context, _method.ResponseMarshaller, response).ConfigureAwait(false);
    }

    private static UnaryServerMethod<TRequest, TResponse> Intercept(
        UnaryServerMethod<TRequest, TResponse> next, InterceptorRegistration registration) => async (request, context) =>
    {
        var interceptor = registration.Activate(context.GetHttpContext().RequestServices);
        try
        {
            return await interceptor.Instance.UnaryServerHandler(request, context, next).ConfigureAwait(false);
        }
        finally
        {
            await interceptor.ReleaseAsync().ConfigureAwait(false);
        }
    };

    private async Task<TResponse> CallServiceAsync(TRequest request, ServerCallContext context)
    {
        var service = ServiceActivator<TService>.Activate(context.GetHttpContext().RequestServices);
        try
        {
            return await _implementation(service.Instance, request, context).ConfigureAwait(false);
        }
        finally
        {
            await service.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
