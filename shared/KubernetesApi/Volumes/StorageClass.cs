using System.Collections.ObjectModel;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A kind of storage.</summary>
public sealed record StorageClass : KubernetesObject
{
    public string Provisioner { get => field ?? ""; init; }

    public string ReclaimPolicy { get => field ?? ""; init; }

    public string VolumeBindingMode { get => field ?? ""; init; }

    public bool? AllowVolumeExpansion { get; init; }

    public IReadOnlyDictionary<string, string> Parameters { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public IReadOnlyList<string> MountOptions { get => field ?? []; init; }
}
