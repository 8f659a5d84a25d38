using System.Collections.Frozen;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Which roles may make which call. What is not listed is refused, so a new rpc is closed until it is added here.</summary>
public static class CallRights
{
    /// <summary>The only call without a certificate.</summary>
    public const string AnonymousMethod = "/k8sbackup.v1.Enrolment/Enrol";

    private static readonly Role[] Agents = [Role.ControlPlane, Role.Worker];
    private static readonly Role[] Operators = [Role.Operator];

    private static readonly FrozenDictionary<string, Role[]> Allowed = new Dictionary<string, Role[]>
    {
        ["/k8sbackup.v1.Enrolment/Renew"] = Agents,
        ["/k8sbackup.v1.AgentSession/Connect"] = Agents,
        ["/k8sbackup.v1.Upload/Send"] = Agents,
        ["/k8sbackup.v1.Upload/ReadParent"] = Agents,
        ["/k8sbackup.v1.Download/Fetch"] = Agents,
        ["/k8sbackup.v1.Operator/GetStatus"] = Operators,
        ["/k8sbackup.v1.Operator/ListNodes"] = Operators,
        ["/k8sbackup.v1.Operator/RemoveNode"] = Operators,
        ["/k8sbackup.v1.Operator/CreateJoinToken"] = Operators,
        ["/k8sbackup.v1.Operator/ListPlans"] = Operators,
        ["/k8sbackup.v1.Operator/GetPlan"] = Operators,
        ["/k8sbackup.v1.Operator/ListCoverage"] = Operators,
        ["/k8sbackup.v1.Operator/StartRun"] = Operators,
        ["/k8sbackup.v1.Operator/ListRuns"] = Operators,
        ["/k8sbackup.v1.Operator/GetRun"] = Operators,
        ["/k8sbackup.v1.Operator/WatchRun"] = Operators,
        ["/k8sbackup.v1.Operator/CancelRun"] = Operators,
        ["/k8sbackup.v1.Operator/ListPoints"] = Operators,
        ["/k8sbackup.v1.Operator/GetPoint"] = Operators,
        ["/k8sbackup.v1.Operator/ListFiles"] = Operators,
        ["/k8sbackup.v1.Operator/FindFiles"] = Operators,
        ["/k8sbackup.v1.Operator/DownloadFiles"] = Operators,
        ["/k8sbackup.v1.Operator/StartRestore"] = Operators,
        ["/k8sbackup.v1.Operator/PreviewRestore"] = Operators,
        ["/k8sbackup.v1.Operator/GetRestore"] = Operators,
        ["/k8sbackup.v1.Operator/ListRestores"] = Operators,
        ["/k8sbackup.v1.Operator/WatchRestore"] = Operators,
        ["/k8sbackup.v1.Operator/CancelRestore"] = Operators,
        ["/k8sbackup.v1.Operator/PlanClusterRestore"] = Operators,
        ["/k8sbackup.v1.Operator/ConfirmClusterRestore"] = Operators,
        ["/k8sbackup.v1.Operator/Check"] = Operators,
        ["/k8sbackup.v1.Operator/ExplainRetention"] = Operators,
        ["/k8sbackup.v1.Operator/PinPoint"] = Operators,
        ["/k8sbackup.v1.Operator/UnpinPoint"] = Operators,
        ["/k8sbackup.v1.Operator/Prune"] = Operators,
        ["/k8sbackup.v1.Authorities/Show"] = Operators,
        ["/k8sbackup.v1.Authorities/Rotate"] = Operators,
        ["/k8sbackup.v1.Authorities/Finish"] = Operators,
        ["/k8sbackup.v1.Authorities/RenewIdentity"] = Operators,
        ["/k8sbackup.v1.Impacts/Assess"] = Operators,
        ["/k8sbackup.v1.Survivors/Survey"] = Operators,
        ["/k8sbackup.v1.Survivors/Salvage"] = Operators,
        ["/k8sbackup.v1.Drills/Start"] = Operators,
        ["/k8sbackup.v1.Drills/List"] = Operators,
        ["/k8sbackup.v1.Drills/Get"] = Operators,
        ["/k8sbackup.v1.Drills/Watch"] = Operators,
        ["/k8sbackup.v1.Drills/Cancel"] = Operators,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>True when a caller of that role may make the call; no role stands for no certificate.</summary>
    public static bool IsAllowed(string method, Role? role) =>
        method == AnonymousMethod
        || (role is { } known && Allowed.TryGetValue(method, out Role[]? roles) && roles.Contains(known));

    /// <summary>True when the call is in the table at all.</summary>
    public static bool IsKnown(string method) => method == AnonymousMethod || Allowed.ContainsKey(method);
}
