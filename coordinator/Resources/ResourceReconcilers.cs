namespace K8sBackup.Coordinator.Resources;

/// <summary>What the home of resources does its work with.</summary>
internal sealed record ResourceReconcilers(
    StatusWriter<BackupPlanResource> PlanWriter,
    StatusWriter<BackupResource> BackupWriter,
    StatusWriter<RestoreResource> RestoreWriter,
    BackupReconciler Backups,
    RestoreReconciler Restores,
    RunObjects Objects,
    BackupDeletion Deletion,
    EventRecorder Events);
