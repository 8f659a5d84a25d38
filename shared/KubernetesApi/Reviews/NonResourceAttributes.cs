namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>An action on a path.</summary>
public sealed record NonResourceAttributes
{
    public string Path { get => field ?? ""; init; }

    public string Verb { get => field ?? ""; init; }
}
