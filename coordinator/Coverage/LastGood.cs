using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>The newest complete snapshot of something.</summary>
/// <param name="At">When its run began.</param>
/// <param name="Plan">Whose restore point it is in.</param>
/// <param name="Point">The restore point.</param>
public sealed record LastGood(DateTimeOffset At, string Plan, RestorePointId Point);
