using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On every gRPC endpoint: what it calls.</summary>
public sealed class GrpcMethodMetadata
{
    /// <summary>A method of a service type.</summary>
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The service's implementation.</summary>
    public Type ServiceType { get; }

    /// <summary>The method.</summary>
    public IMethod Method { get; }
}
