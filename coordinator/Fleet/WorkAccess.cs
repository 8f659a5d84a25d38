using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Decides what an agent may touch: work of its own node, and etcd or control-plane data only with the control-plane
/// role, whatever a plan or a restore says (promise P3).
/// </summary>
public static class WorkAccess
{
    /// <summary>The caller's unfinished or finished work of that id.</summary>
    /// <exception cref="RpcException">
    /// NOT_FOUND when there is no such work, PERMISSION_DENIED when it is another node's or the role does not allow it.
    /// </exception>
    public static WorkItem Require(WorkBoard board, string workId, PeerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(board);
        ArgumentNullException.ThrowIfNull(caller);
        WorkItem item = board.Find(workId)
            ?? throw RpcFailures.ToRpcException(new Failure(caller.Name, "", FailureCause.WorkUnknown, "There is no such work, or it is over."));
        return IsAllowed(item, caller)
            ? item
            : throw new RpcException(new Status(StatusCode.PermissionDenied, "The work belongs to another node or needs another role."));
    }

    public static bool IsAllowed(WorkItem item, PeerIdentity caller)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(caller);
        return item.Dump is null && caller.IsAgent && caller.Name == item.Node && IsAllowed(item.Source.Kind, caller.Role);
    }

    /// <summary>True when an agent of that role may read or restore a source of that kind.</summary>
    public static bool IsAllowed(SourceKind kind, Role role) => role switch
    {
        Role.ControlPlane => true,
        Role.Worker => kind == SourceKind.Volume,
        _ => false,
    };
}
