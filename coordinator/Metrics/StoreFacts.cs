using K8sBackup.Coordinator.Coverage;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>What restore points and records in the store said when they were read last.</summary>
/// <param name="At">When.</param>
/// <param name="LastGood">When the newest run of a plan began that has all its sources of a kind.</param>
/// <param name="Coverage">How much is protected, left out, or neither.</param>
/// <param name="Drills">The newest drill of each kind of source.</param>
public sealed record StoreFacts(
    DateTimeOffset At,
    IReadOnlyDictionary<(string Plan, SourceKind Kind), DateTimeOffset> LastGood,
    IReadOnlyDictionary<(CoverageKind Kind, CoverageState State), int> Coverage,
    IReadOnlyDictionary<SourceKind, DrillRecord> Drills);
