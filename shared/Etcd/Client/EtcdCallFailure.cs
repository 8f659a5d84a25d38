using System.Security.Authentication;
using Grpc.Core;

namespace K8sBackup.Etcd.Client;

/// <summary>Turns gRPC statuses into causes; etcd gives several of them one code and tells them apart in the text.</summary>
internal static class EtcdCallFailure
{
    public static EtcdCallException Describe(string what, Uri address, bool timedOut, Exception error)
    {
        if (timedOut || error is not RpcException rpc)
        {
            return new EtcdCallException(EtcdCallError.DeadlineExceeded, $"{what} of {address}: no answer in time", error);
        }

        return new EtcdCallException(Map(rpc.Status), $"{what} of {address}: {rpc.Status.Detail}", error);
    }

    /// <summary>True when TLS itself failed: a certificate on one side is not accepted on the other.</summary>
    public static bool IsTlsFailure(Status status)
    {
        for (var error = status.DebugException; error is not null; error = error.InnerException)
        {
            if (error is AuthenticationException)
            {
                return true;
            }
        }

        return false;
    }

    private static EtcdCallError Map(Status status) => status.StatusCode switch
    {
        StatusCode.Unavailable when IsTlsFailure(status) => EtcdCallError.Unauthenticated,
        StatusCode.Unavailable => EtcdCallError.Unavailable,
        StatusCode.DeadlineExceeded => EtcdCallError.DeadlineExceeded,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => EtcdCallError.Unauthenticated,
        StatusCode.OutOfRange when status.Detail.Contains("compacted", StringComparison.Ordinal) => EtcdCallError.Compacted,
        StatusCode.OutOfRange when status.Detail.Contains("future", StringComparison.Ordinal) => EtcdCallError.FutureRevision,
        StatusCode.ResourceExhausted when status.Detail.Contains("larger", StringComparison.OrdinalIgnoreCase)
            || status.Detail.Contains("exceeds", StringComparison.OrdinalIgnoreCase) => EtcdCallError.TooLarge,
        _ => EtcdCallError.Refused,
    };
}
