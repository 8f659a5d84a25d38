using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Volumes;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>What every run works with.</summary>
public sealed record RunServices(
    string Cluster,
    RunStore Store,
    WorkBoard Board,
    NodeSlots Slots,
    NodeRegistry Nodes,
    ISnapshotLookup Snapshots,
    IRestorePointSink Points,
    TimeProvider Clock,
    ILogger<RunEngine> Log)
{
    /// <summary>Runs hooks; without an API for pods, none can be.</summary>
    public IPodCommands Commands { get; init; } = new NoPodCommands();

    /// <summary>Reads what commands in pods write.</summary>
    public IPodDumps Dumps { get; init; } = new NoPodDumps();

    /// <summary>Where volumes of pods are known from; null without a cluster.</summary>
    public IClusterView? View { get; init; }
}
