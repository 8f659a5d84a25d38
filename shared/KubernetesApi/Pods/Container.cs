namespace K8sBackup.KubernetesApi.Pods;

/// <summary>One container, as far as volumes and commands in it are concerned.</summary>
public sealed record Container
{
    public string Name { get => field ?? ""; init; }

    public string Image { get => field ?? ""; init; }

    public string WorkingDir { get => field ?? ""; init; }

    public IReadOnlyList<string> Command { get => field ?? []; init; }

    public IReadOnlyList<string> Args { get => field ?? []; init; }

    public IReadOnlyList<VolumeMount> VolumeMounts { get => field ?? []; init; }

    public IReadOnlyList<VolumeDevice> VolumeDevices { get => field ?? []; init; }
}
