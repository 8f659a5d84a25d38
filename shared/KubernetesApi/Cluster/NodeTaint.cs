namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>Keeps pods away that do not tolerate it.</summary>
public sealed record NodeTaint
{
    public string Key { get => field ?? ""; init; }

    public string Value { get => field ?? ""; init; }

    public string Effect { get => field ?? ""; init; }
}
