namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Keys of a Secret as files.</summary>
public sealed record SecretVolume
{
    public string SecretName { get => field ?? ""; init; }

    public bool? Optional { get; init; }
}
