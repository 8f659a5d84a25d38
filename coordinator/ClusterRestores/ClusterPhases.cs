using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>What each phase is: its step, whom it concerns, what follows.</summary>
internal static class ClusterPhases
{
    private static readonly ClusterPhase[] Forward =
    [
        ClusterPhase.Inspecting, ClusterPhase.Planned, ClusterPhase.Staging, ClusterPhase.BootTesting, ClusterPhase.StoppingApiServers,
        ClusterPhase.StoppingEtcd, ClusterPhase.Swapping, ClusterPhase.StartingEtcd, ClusterPhase.Checking, ClusterPhase.StartingApiServers, ClusterPhase.Bouncing,
        ClusterPhase.Joining, ClusterPhase.Finishing, ClusterPhase.Over,
    ];

    public static RestoreStep? StepOf(ClusterPhase phase) => phase switch
    {
        ClusterPhase.Inspecting => RestoreStep.Inspect,
        ClusterPhase.Staging => RestoreStep.Stage,
        ClusterPhase.BootTesting => RestoreStep.BootTest,
        ClusterPhase.StoppingApiServers => RestoreStep.StopApiServer,
        ClusterPhase.StoppingEtcd => RestoreStep.StopEtcd,
        ClusterPhase.Swapping => RestoreStep.Swap,
        ClusterPhase.StartingEtcd => RestoreStep.StartEtcd,
        ClusterPhase.Checking => RestoreStep.Check,
        ClusterPhase.StartingApiServers => RestoreStep.StartApiServer,
        ClusterPhase.Bouncing => RestoreStep.Bounce,
        ClusterPhase.Joining => RestoreStep.Join,
        ClusterPhase.Finishing => RestoreStep.Finish,
        ClusterPhase.RollingBack => RestoreStep.RollBack,
        ClusterPhase.Releasing => RestoreStep.Release,
        _ => null,
    };

    /// <summary>Nodes that get no restored member are only looked at, stopped, joined if that is their part, and let go.</summary>
    public static bool Concerns(ClusterPhase phase, NodePart part) => phase == ClusterPhase.Joining ? part == NodePart.Rejoin : part == NodePart.Member || phase is ClusterPhase.Inspecting
        or ClusterPhase.StoppingApiServers or ClusterPhase.StoppingEtcd or ClusterPhase.Finishing or ClusterPhase.RollingBack or ClusterPhase.Releasing;

    /// <summary>One node after the other, so that a mistake shows on the first.</summary>
    public static bool IsOneByOne(ClusterPhase phase) => phase is ClusterPhase.StartingApiServers or ClusterPhase.Bouncing or ClusterPhase.Joining;

    /// <summary>A failure here, or the operator's word, takes everything back.</summary>
    public static bool CanRollBack(ClusterPhase phase) => phase is >= ClusterPhase.Staging and <= ClusterPhase.Checking;

    public static bool IsWayBack(ClusterPhase phase) => phase is ClusterPhase.RollingBack or ClusterPhase.Releasing;

    public static ClusterPhase After(ClusterPhase phase) => phase switch
    {
        ClusterPhase.RollingBack => ClusterPhase.Releasing,
        ClusterPhase.Releasing => ClusterPhase.Over,
        _ => Forward[Array.IndexOf(Forward, phase) + 1],
    };
}
