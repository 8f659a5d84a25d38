namespace Grpc.Core;

/// <summary>A method's name and kind, without its message types.</summary>
public interface IMethod
{
    /// <summary>The kind.</summary>
    MethodType Type { get; }

    /// <summary>The service with its package, such as <c>etcdserverpb.KV</c>.</summary>
    string ServiceName { get; }

    /// <summary>The name within the service.</summary>
    string Name { get; }

    /// <summary>The path on the wire, <c>/service/method</c>.</summary>
    string FullName { get; }
}
