namespace K8sBackup.Repository.Checking;

/// <summary>When a pack's every frame was read last, and whether all were sound.</summary>
internal readonly record struct PackReading(DateTimeOffset At, bool IsSound);
