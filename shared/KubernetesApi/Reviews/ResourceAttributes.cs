namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>An action on a resource.</summary>
public sealed record ResourceAttributes
{
    /// <summary>Empty for all, or for a resource of the cluster.</summary>
    public string Namespace { get => field ?? ""; init; }

    public string Verb { get => field ?? ""; init; }

    public string Group { get => field ?? ""; init; }

    public string Version { get => field ?? ""; init; }

    public string Resource { get => field ?? ""; init; }

    public string Subresource { get => field ?? ""; init; }

    public string Name { get => field ?? ""; init; }
}
