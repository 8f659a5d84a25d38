using System.Collections.ObjectModel;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>Settings.</summary>
public sealed record ConfigMap : KubernetesObject
{
    public IReadOnlyDictionary<string, string> Data { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public IReadOnlyDictionary<string, byte[]> BinaryData { get => field ?? ReadOnlyDictionary<string, byte[]>.Empty; init; }

    public bool? Immutable { get; init; }
}
