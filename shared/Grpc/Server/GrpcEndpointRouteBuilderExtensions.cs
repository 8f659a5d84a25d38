using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps every method of a service. The service is activated for each call from the call's scope; a registration of its
    /// type, such as a singleton, is honoured. Throws InvalidOperationException when the type is no generated service.
    /// </summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var binder = new ServiceEndpointBinder<TService>(builder);
        Bind(typeof(TService), binder);
        UnimplementedEndpoints.Map(builder, binder.ServiceName);
        return new GrpcServiceEndpointConventionBuilder(binder.Endpoints);
    }

    private static void Bind(Type serviceType, ServiceBinderBase binder)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (Attribute.GetCustomAttribute(type, typeof(BindServiceMethodAttribute), inherit: false)
                is not BindServiceMethodAttribute attribute)
            {
                continue;
            }

            var method = attribute.BindType.GetMethod(attribute.BindMethodName, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"{attribute.BindType} has no method {attribute.BindMethodName}.");
            method.Invoke(null, [binder, null]);
            return;
        }

        throw new InvalidOperationException($"{serviceType} does not derive from a generated gRPC service base.");
    }
}
