using System.Collections.ObjectModel;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>Secrets; never log one.</summary>
public sealed record Secret : KubernetesObject
{
    public string Type { get => field ?? ""; init; }

    public IReadOnlyDictionary<string, byte[]> Data { get => field ?? ReadOnlyDictionary<string, byte[]>.Empty; init; }

    public bool? Immutable { get; init; }

    /// <summary>Names the secret and nothing in it.</summary>
    public override string ToString() => $"Secret {Metadata.Namespace}/{Metadata.Name}";
}
