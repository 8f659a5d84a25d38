namespace K8sBackup.Coordinator.Resources;

/// <summary>A volume of a pod of any namespace.</summary>
public sealed record PodVolumeReference
{
    public string Namespace { get => field ?? ""; init; }

    public string Name { get => field ?? ""; init; }

    /// <summary>Its name in the pod; empty when the pod has only one.</summary>
    public string Volume { get => field ?? ""; init; }
}
