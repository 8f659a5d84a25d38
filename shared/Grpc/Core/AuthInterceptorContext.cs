namespace Grpc.Core;

/// <summary>What call credentials are asked for.</summary>
public class AuthInterceptorContext
{
    /// <summary>For a service and a method.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName)
        : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    /// <summary>For a service and a method of a call that can be cancelled.</summary>
    public AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
    {
        ServiceUrl = serviceUrl;
        MethodName = methodName;
        CancellationToken = cancellationToken;
    }

    /// <summary>The address of the service, <c>https://host/package.Service</c>.</summary>
    public string ServiceUrl { get; }

    /// <summary>The method's name within the service.</summary>
    public string MethodName { get; }

    /// <summary>Cancelled with the call.</summary>
    public CancellationToken CancellationToken { get; }
}
