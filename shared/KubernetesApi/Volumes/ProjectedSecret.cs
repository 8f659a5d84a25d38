namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Keys of a Secret, in a projected volume.</summary>
public sealed record ProjectedSecret
{
    public string Name { get => field ?? ""; init; }

    public bool? Optional { get; init; }
}
