using Grpc.Core;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Transport.Failures;

/// <summary>
/// The one place where failures become gRPC statuses and back. The cause, node and source travel in trailers, so that
/// the far end gets the same <see cref="Failure"/>; a status from elsewhere is mapped by its code.
/// </summary>
public static class RpcFailures
{
    private const string CauseKey = "k8sbackup-cause";
    private const string NodeKey = "k8sbackup-node";
    private const string SourceKey = "k8sbackup-source";

    /// <summary>The status for a failure, with its trailers.</summary>
    public static RpcException ToRpcException(Failure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Metadata trailers = new() { { CauseKey, failure.Cause.ToString() } };
        if (IsHeaderSafe(failure.Node))
        {
            trailers.Add(NodeKey, failure.Node);
        }

        if (IsHeaderSafe(failure.Source))
        {
            trailers.Add(SourceKey, failure.Source);
        }

        return new RpcException(new Status(CodeOf(failure.Cause), failure.Message), trailers);
    }

    /// <summary>The failure a status stands for.</summary>
    public static Failure ToFailure(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        string? cause = exception.Trailers.GetValue(CauseKey);
        return new Failure(
            exception.Trailers.GetValue(NodeKey) ?? "",
            exception.Trailers.GetValue(SourceKey) ?? "",
            Enum.TryParse(cause, out FailureCause known) ? known : CauseOf(exception.StatusCode),
            exception.Status.Detail);
    }

    /// <summary>The gRPC code for a cause; the table is in docs/protocol.md.</summary>
    public static StatusCode CodeOf(FailureCause cause) => cause switch
    {
        FailureCause.SourceMissing or FailureCause.NotFound or FailureCause.WorkUnknown => StatusCode.NotFound,
        FailureCause.SourceUnreadable or FailureCause.HookFailed or FailureCause.TargetInUse or FailureCause.TargetUnusable => StatusCode.FailedPrecondition,
        FailureCause.EtcdUnavailable or FailureCause.StoreUnavailable or FailureCause.NodeUnavailable => StatusCode.Unavailable,
        FailureCause.EtcdSnapshotInvalid or FailureCause.StoreCorrupt => StatusCode.DataLoss,
        FailureCause.SpoolFull or FailureCause.StoreFull => StatusCode.ResourceExhausted,
        FailureCause.PermissionDenied => StatusCode.PermissionDenied,
        FailureCause.InvalidRequest or FailureCause.ProtocolViolation => StatusCode.InvalidArgument,
        FailureCause.Cancelled => StatusCode.Cancelled,
        FailureCause.TimedOut => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };

    private static FailureCause CauseOf(StatusCode code) => code switch
    {
        StatusCode.NotFound => FailureCause.NotFound,
        StatusCode.FailedPrecondition => FailureCause.InvalidRequest,
        StatusCode.Unavailable => FailureCause.NodeUnavailable,
        StatusCode.DataLoss => FailureCause.StoreCorrupt,
        StatusCode.PermissionDenied or StatusCode.Unauthenticated => FailureCause.PermissionDenied,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => FailureCause.InvalidRequest,
        StatusCode.Cancelled => FailureCause.Cancelled,
        StatusCode.DeadlineExceeded => FailureCause.TimedOut,
        _ => FailureCause.Internal,
    };

    // Metadata values are printable ASCII; anything else stays in the message.
    private static bool IsHeaderSafe(string text) => text.Length > 0 && text.All(c => c is >= ' ' and <= '~');
}
