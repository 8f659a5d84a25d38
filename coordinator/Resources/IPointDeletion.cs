using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Deletes restore points the way retention does.</summary>
public interface IPointDeletion
{
    /// <exception cref="BackupException">The store cannot be read.</exception>
    Task<bool> IsThereAsync(RestorePointId point, CancellationToken cancellationToken);

    /// <summary>Prunes, with these points among those that may go and no others.</summary>
    /// <exception cref="BackupException">Another maintenance goes on, or the store fails.</exception>
    Task DeleteAsync(IReadOnlySet<RestorePointId> points, CancellationToken cancellationToken);
}
