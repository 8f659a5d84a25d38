namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>What every object of the API has.</summary>
public abstract record KubernetesObject
{
    public string ApiVersion { get => field ?? ""; init; }

    public string Kind { get => field ?? ""; init; }

    public ObjectMeta Metadata { get => field ?? new(); init; }
}
