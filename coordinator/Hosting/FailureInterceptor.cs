using Grpc.Core;
using Grpc.Core.Interceptors;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// The one place where exceptions of handlers become statuses: expected failures keep their cause, a cancelled call is
/// CANCELLED, and anything else is logged in full and answered with INTERNAL and nothing of its text.
/// </summary>
public sealed class FailureInterceptor : Interceptor
{
    private readonly ILogger<FailureInterceptor> _log;

    public FailureInterceptor(ILogger<FailureInterceptor> log) => _log = log;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => Valueless(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => Valueless(continuation(requestStream, responseStream, context)));

    private static async Task<bool> Valueless(Task task)
    {
        await task;
        return true;
    }

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException)
        {
            throw;
        }
        catch (BackupException e)
        {
            throw RpcFailures.ToRpcException(e.Failure);
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
        }
#pragma warning disable CA1031 // The boundary of every request: a defect in one call must not end the coordinator.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostingLog.CallFailed(_log, context.Method, e);
            throw new RpcException(new Status(StatusCode.Internal, "A defect of the coordinator; its log has the details."));
        }
    }
}
