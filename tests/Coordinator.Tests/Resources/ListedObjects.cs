using K8sBackup.Coordinator.Resources;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Objects as they are at the moment of asking, so that a test need not wait for a watch.</summary>
internal sealed class ListedObjects(IResourceReader reader) : IResourceObjects
{
    public Task<IReadOnlyList<BackupPlanResource>> PlansAsync(CancellationToken cancellationToken) => ListAsync(ResourceKinds.BackupPlans, cancellationToken);

    public Task<IReadOnlyList<BackupResource>> BackupsAsync(CancellationToken cancellationToken) => ListAsync(ResourceKinds.Backups, cancellationToken);

    public Task<IReadOnlyList<RestoreResource>> RestoresAsync(CancellationToken cancellationToken) => ListAsync(ResourceKinds.Restores, cancellationToken);

    private async Task<IReadOnlyList<T>> ListAsync<T>(ResourceType<T> type, CancellationToken cancellationToken)
        where T : KubernetesObject => (await reader.ListAsync(type, ListQuery.In(ResourceWorld.Namespace), 1000, cancellationToken)).Items;
}
