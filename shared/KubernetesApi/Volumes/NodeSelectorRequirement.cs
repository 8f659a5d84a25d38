namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>One condition on a node's labels or fields.</summary>
public sealed record NodeSelectorRequirement
{
    public string Key { get => field ?? ""; init; }

    /// <summary>In, NotIn, Exists, DoesNotExist, Gt or Lt.</summary>
    public string Operator { get => field ?? ""; init; }

    public IReadOnlyList<string> Values { get => field ?? []; init; }
}
