using Grpc.Core;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Who makes a call, as proved by the client certificate. Put there by <see cref="AuthorisationInterceptor"/>.</summary>
public static class CallerIdentity
{
    private static readonly object Key = new();

    /// <summary>The caller.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED: the call came without a certificate, or past the interceptor.</exception>
    public static PeerIdentity Of(ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.UserState.TryGetValue(Key, out object? identity)
            ? (PeerIdentity)identity
            : throw new RpcException(new Status(StatusCode.Unauthenticated, "A client certificate is needed."));
    }

    internal static void Set(ServerCallContext context, PeerIdentity identity) => context.UserState[Key] = identity;
}
