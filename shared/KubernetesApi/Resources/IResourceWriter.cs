using System.Text.Json.Nodes;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Resources;

/// <summary>
/// Writing objects. All members throw <see cref="KubernetesException"/>. Thread-safe. What is given is the object as the
/// server has it afterwards. A write whose answer was lost is repeated only where that cannot do it twice.
/// </summary>
public interface IResourceWriter
{
    /// <summary>Makes an object. One of the name is <see cref="KubernetesFailure.AlreadyExists"/>.</summary>
    Task<T> CreateAsync<T>(ResourceType<T> type, T item, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>
    /// Replaces an object (only of kinds whose record is whole) or its status. When it carries a resourceVersion, a change in
    /// between is <see cref="KubernetesFailure.Conflict"/>: read again and decide again.
    /// </summary>
    Task<T> UpdateAsync<T>(ResourceType<T> type, T item, Subresource subresource, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>Changes the fields that are in the patch; null removes one (RFC 7386).</summary>
    Task<T> MergePatchAsync<T>(ResourceType<T> type, ResourceName name, JsonObject patch, Subresource subresource, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>Server-side apply: the given fields are ours and have these values, made where there was no object.</summary>
    Task<T> ApplyAsync<T>(ResourceType<T> type, T item, ApplyOptions options, CancellationToken cancellationToken)
        where T : KubernetesObject;

    /// <summary>Deletes; false when there was no such object. Preconditions that do not hold are <see cref="KubernetesFailure.Conflict"/>.</summary>
    Task<bool> DeleteAsync<T>(ResourceType<T> type, ResourceName name, DeleteOptions options, CancellationToken cancellationToken)
        where T : KubernetesObject;
}
