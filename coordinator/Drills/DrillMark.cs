namespace K8sBackup.Coordinator.Drills;

/// <summary>When the last round of scheduled drills that was held had begun, as kept on disk.</summary>
internal sealed record DrillMark(DateTimeOffset BeganAt);
