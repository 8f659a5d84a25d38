using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>Turns the methods of a service into endpoints <c>POST /service/method</c>.</summary>
internal sealed class ServiceEndpointBinder<TService>(IEndpointRouteBuilder builder) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _endpoints = [];

    public IReadOnlyList<IEndpointConventionBuilder> Endpoints => _endpoints;

    /// <summary>The service's name on the wire, once a method is bound.</summary>
    public string? ServiceName { get; private set; }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Map(method, Implementation(method, typeof(TRequest), typeof(ServerCallContext)), (settings, implementation) =>
            new UnaryMethodHandler<TService, TRequest, TResponse>(settings, method, implementation));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, Implementation(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)), (settings, implementation) =>
            new ClientStreamingMethodHandler<TService, TRequest, TResponse>(settings, method, implementation));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(
            method,
            Implementation(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
            (settings, implementation) =>
                new ServerStreamingMethodHandler<TService, TRequest, TResponse>(settings, method, implementation));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(
            method,
            Implementation(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)),
            (settings, implementation) =>
                new DuplexStreamingMethodHandler<TService, TRequest, TResponse>(settings, method, implementation));

    private static MethodInfo Implementation(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
        ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name} for {method.FullName}.");

    private void Map(IMethod method, MethodInfo implementation, Func<MethodSettings, MethodInfo, MethodHandler> create)
    {
        ServiceName = method.ServiceName;
        var handler = create(MethodSettings.For<TService>(builder.ServiceProvider), implementation);
        var endpoint = builder.MapPost(method.FullName, handler.HandleAsync);
        endpoint.Add(added =>
        {
            added.DisplayName = "gRPC - " + method.FullName;
            added.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method));
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true))
            {
                added.Metadata.Add(attribute);
            }

            foreach (var attribute in implementation.GetCustomAttributes(inherit: true))
            {
                added.Metadata.Add(attribute);
            }
        });
        _endpoints.Add(endpoint);
    }
}
