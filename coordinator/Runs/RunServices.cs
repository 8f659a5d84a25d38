using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
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
    IPodCommands Commands,
    TimeProvider Clock,
    ILogger<RunEngine> Log);
