using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Http;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Stands before every handler: checks the client certificate again (a connection may outlive it), refuses agents that were removed and ends their
/// calls, applies <see cref="CallRights"/>, and leaves the identity for <see cref="CallerIdentity"/>.
/// </summary>
public sealed class AuthorisationInterceptor : Interceptor
{
    private readonly TrustedAuthorities _authorities;
    private readonly RemovedNodes _removed;

    public AuthorisationInterceptor(TrustedAuthorities authorities, RemovedNodes removed)
    {
        _authorities = authorities;
        _removed = removed;
    }

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await using CancellationTokenRegistration end = Authorise(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await using CancellationTokenRegistration end = Authorise(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await using CancellationTokenRegistration end = Authorise(context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await using CancellationTokenRegistration end = Authorise(context);
        await continuation(requestStream, responseStream, context);
    }

    /// <summary>To be disposed at the end of the call.</summary>
    private CancellationTokenRegistration Authorise(ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        X509Certificate2? certificate = http.Connection.ClientCertificate;
        PeerIdentity? caller = _authorities.Check(certificate, asServer: false).Identity;
        if (!CallRights.IsAllowed(context.Method, caller?.Role))
        {
            throw caller is null
                ? new RpcException(new Status(StatusCode.Unauthenticated, "A valid client certificate is needed."))
                : new RpcException(new Status(StatusCode.PermissionDenied, $"The role {PeerIdentity.RoleName(caller.Role)} may not call {context.Method}."));
        }

        if (caller is null)
        {
            return default;
        }

        CallerIdentity.Set(context, caller);
        return caller.Role == Role.Operator ? default : Follow(caller.Name, certificate!, http);
    }

    private CancellationTokenRegistration Follow(string node, X509Certificate2 certificate, HttpContext http)
    {
        // Taken before the look at the list: a removal in between ends the call.
        CancellationToken end = _removed.EndOf(node);
        return _removed.Refuses(node, CertificateAuthority.IssuedAt(certificate))
            ? throw new RpcException(new Status(StatusCode.PermissionDenied, $"The node {node} was removed; it has to enrol again."))
            : end.Register(http.Abort);
    }
}
