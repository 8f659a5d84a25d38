using Grpc.Core;
using Grpc.Core.Interceptors;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Stands before every handler: checks the client certificate again (a connection may outlive it), applies
/// <see cref="CallRights"/>, and leaves the identity for <see cref="CallerIdentity"/>.
/// </summary>
public sealed class AuthorisationInterceptor : Interceptor
{
    private readonly TrustedAuthorities _authorities;

    public AuthorisationInterceptor(TrustedAuthorities authorities) => _authorities = authorities;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Authorise(context);
        return continuation(request, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Authorise(context);
        return continuation(requestStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Authorise(context);
        return continuation(request, responseStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Authorise(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Authorise(ServerCallContext context)
    {
        PeerIdentity? caller = _authorities.Check(context.GetHttpContext().Connection.ClientCertificate, asServer: false).Identity;
        if (!CallRights.IsAllowed(context.Method, caller?.Role))
        {
            throw caller is null
                ? new RpcException(new Status(StatusCode.Unauthenticated, "A valid client certificate is needed."))
                : new RpcException(new Status(StatusCode.PermissionDenied, $"The role {PeerIdentity.RoleName(caller.Role)} may not call {context.Method}."));
        }

        if (caller is not null)
        {
            CallerIdentity.Set(context, caller);
        }
    }
}
