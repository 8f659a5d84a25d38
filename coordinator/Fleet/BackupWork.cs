using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>What a backup work item is part of. Times are the coordinator's.</summary>
public sealed record BackupWork(RunId Run, string Plan, SourceKey Source, DateTimeOffset StartedAt);
