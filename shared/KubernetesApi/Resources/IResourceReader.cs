using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>Reading objects. All members throw <see cref="KubernetesException"/>, and are retried where that can help. Thread-safe.</summary>
public interface IResourceReader
{
    /// <summary>The object, or null when there is none.</summary>
    Task<T?> FindAsync<T>(ResourceType<T> type, ResourceName name, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>One page. A token that is too old is <see cref="KubernetesFailure.Expired"/>: begin again.</summary>
    Task<ResourcePage<T>> ListPageAsync<T>(ResourceType<T> type, ListQuery query, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>
    /// Changes in order, until the server ends the watch. A version that is too old is <see cref="KubernetesFailure.Expired"/>:
    /// list again. Use a <c>ResourceCache</c> unless you want exactly this.
    /// </summary>
    IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, WatchQuery query, CancellationToken cancellationToken)
        where T : KubernetesObject;
}
