using System.Collections.ObjectModel;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Sizes.</summary>
public sealed record VolumeResources
{
    public IReadOnlyDictionary<string, Quantity> Requests { get => field ?? ReadOnlyDictionary<string, Quantity>.Empty; init; }

    public IReadOnlyDictionary<string, Quantity> Limits { get => field ?? ReadOnlyDictionary<string, Quantity>.Empty; init; }
}
