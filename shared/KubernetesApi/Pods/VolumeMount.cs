namespace K8sBackup.KubernetesApi.Pods;

/// <summary>Where a container sees a volume.</summary>
public sealed record VolumeMount
{
    /// <summary>The volume's name in the pod.</summary>
    public string Name { get => field ?? ""; init; }

    public string MountPath { get => field ?? ""; init; }

    public string SubPath { get => field ?? ""; init; }

    public string SubPathExpr { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }

    public string MountPropagation { get => field ?? ""; init; }
}
