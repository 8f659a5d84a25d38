using System.Collections.Immutable;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Watching;

/// <summary>All objects in one version of the list; never changes.</summary>
/// <param name="Items">The objects, by name.</param>
/// <param name="ResourceVersion">The version; empty before the first list.</param>
/// <param name="Sequence">Grows with every view of the cache.</param>
public sealed record ResourceView<T>(ImmutableDictionary<ResourceName, T> Items, string ResourceVersion, long Sequence)
{
    /// <summary>Whether there was a list; before that, nothing can be said.</summary>
    public bool IsFilled => ResourceVersion.Length > 0;

    /// <summary>Why the server is not heard at the moment; null while it is.</summary>
    public KubernetesException? Trouble { get; init; }
}
