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
    private readonly RefusedCalls _refused;

    public AuthorisationInterceptor(TrustedAuthorities authorities, RemovedNodes removed, RefusedCalls refused)
    {
        _authorities = authorities;
        _removed = removed;
        _refused = refused;
    }

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(requestStream, context));

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await GuardAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await GuardAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });
    }

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        PeerIdentity? caller = _authorities.Check(context.GetHttpContext().Connection.ClientCertificate, asServer: false).Identity;
        bool isIn = false;
        try
        {
            await using CancellationTokenRegistration end = Authorise(context, caller);
            isIn = true;
            return await call();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied && caller is not null)
        {
            // What operators ask for is noted with its result by who is asked.
            if (!isIn || caller.Role != Role.Operator)
            {
                _refused.Note(caller, context, e.Status.Detail);
            }

            throw;
        }
    }

    /// <summary>To be disposed at the end of the call.</summary>
    private CancellationTokenRegistration Authorise(ServerCallContext context, PeerIdentity? caller)
    {
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
        HttpContext http = context.GetHttpContext();
        return caller.Role == Role.Operator ? default : Follow(caller.Name, http.Connection.ClientCertificate!, http);
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
