using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>The statuses of <c>Upload</c> that say more than the cause alone would (see upload.proto).</summary>
internal static class UploadRefusal
{
    /// <summary>A chunk does not hash to its id.</summary>
    public static RpcException WrongContent(SourceKey source, string message) =>
        Refuse(StatusCode.DataLoss, source, FailureCause.ProtocolViolation, message);

    /// <summary>The snapshot cannot be committed as the agent described it.</summary>
    public static RpcException NotCommittable(SourceKey source, string message) =>
        Refuse(StatusCode.FailedPrecondition, source, FailureCause.ProtocolViolation, message);

    /// <summary>Something of the repository cannot be referred to any more; another attempt learns what to send.</summary>
    public static RpcException SendAgain(SourceKey source, string message) =>
        Refuse(StatusCode.Unavailable, source, FailureCause.StoreUnavailable, message);

    /// <summary>A newer stream took over the work.</summary>
    public static RpcException Superseded(SourceKey source) =>
        Refuse(StatusCode.Aborted, source, FailureCause.Cancelled, "A newer upload of the same work took over.");

    /// <summary>A bound of <see cref="UploadLimits"/> is reached.</summary>
    public static RpcException TooMuch(SourceKey source, string message) =>
        Refuse(StatusCode.ResourceExhausted, source, FailureCause.InvalidRequest, message);

    /// <summary>The message breaks the protocol.</summary>
    public static RpcException Broken(SourceKey source, string message) =>
        Refuse(StatusCode.InvalidArgument, source, FailureCause.ProtocolViolation, message);

    private static RpcException Refuse(StatusCode code, SourceKey source, FailureCause cause, string message)
    {
        RpcException mapped = RpcFailures.ToRpcException(new Failure(source.Node, source.ToString(), cause, message));
        return new RpcException(new Status(code, message), mapped.Trailers);
    }
}
