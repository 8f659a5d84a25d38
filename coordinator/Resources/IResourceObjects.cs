namespace K8sBackup.Coordinator.Resources;

/// <summary>Our objects of the coordinator's namespace, as last heard of.</summary>
internal interface IResourceObjects
{
    Task<IReadOnlyList<BackupPlanResource>> PlansAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<BackupResource>> BackupsAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<RestoreResource>> RestoresAsync(CancellationToken cancellationToken);
}
