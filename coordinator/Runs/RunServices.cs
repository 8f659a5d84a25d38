using K8sBackup.Coordinator.Fleet;
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
    ILogger<RunEngine> Log);
