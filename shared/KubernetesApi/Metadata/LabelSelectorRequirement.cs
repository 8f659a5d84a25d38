namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>One condition of a label selector.</summary>
public sealed record LabelSelectorRequirement
{
    public string Key { get => field ?? ""; init; }

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator { get => field ?? ""; init; }

    public IReadOnlyList<string> Values { get => field ?? []; init; }
}
