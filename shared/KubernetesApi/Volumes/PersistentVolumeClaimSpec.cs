using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>What is wanted.</summary>
public sealed record PersistentVolumeClaimSpec
{
    public IReadOnlyList<string> AccessModes { get => field ?? []; init; }

    /// <summary>Empty means none; null means the default class.</summary>
    public string? StorageClassName { get; init; }

    /// <summary>Filesystem or Block; empty means Filesystem.</summary>
    public string VolumeMode { get => field ?? ""; init; }

    /// <summary>The volume it is bound to.</summary>
    public string VolumeName { get => field ?? ""; init; }

    public VolumeResources Resources { get => field ?? new(); init; }

    public LabelSelector? Selector { get; init; }
}
