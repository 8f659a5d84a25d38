using Grpc.Core;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;

namespace K8sBackup.Agent.Upload;

/// <summary>Which faults of a transfer are worth another attempt.</summary>
internal static class UploadFaults
{
    /// <summary>
    /// True when trying again cannot help. Everything that is the network's or the coordinator's momentary state may pass:
    /// broken streams come as Unavailable, Internal, Unknown or Cancelled, a restarting coordinator as Unavailable or
    /// Aborted, and Unauthenticated may be a certificate that was just renewed.
    /// </summary>
    public static bool IsPermanent(RpcException exception)
    {
        FailureCause cause = RpcFailures.ToFailure(exception).Cause;
        bool stated = exception.Trailers.Count > 0 && cause == FailureCause.Internal && exception.StatusCode == StatusCode.Internal;
        return stated || exception.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.InvalidArgument
            or StatusCode.DataLoss or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted or StatusCode.OutOfRange
            or StatusCode.AlreadyExists or StatusCode.Unimplemented;
    }

    /// <summary>True for a fault after which the transfer may be made again.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        RpcException rpc => !IsPermanent(rpc),
        BackupException { Failure.Cause: FailureCause.TimedOut or FailureCause.NodeUnavailable } => true,
        _ => false,
    };
}
