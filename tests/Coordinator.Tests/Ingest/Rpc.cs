using Grpc.Core;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>What a caller sees of a handler's exception, as the failure interceptor makes it.</summary>
internal static class Rpc
{
    public static async Task<RpcException> RefusedAsync(StatusCode code, Task call)
    {
        Exception fault = await Assert.ThrowsAnyAsync<Exception>(() => call.WaitAsync(TimeSpan.FromMinutes(1)));
        RpcException status = fault switch
        {
            RpcException refusal => refusal,
            BackupException expected => RpcFailures.ToRpcException(expected.Failure),
            _ => throw new InvalidOperationException("The handler let through what is no status.", fault),
        };
        Assert.True(code == status.StatusCode, $"{status.StatusCode}: {status.Status.Detail}");
        return status;
    }
}
