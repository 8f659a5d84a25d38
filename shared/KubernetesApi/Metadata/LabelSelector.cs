using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Metadata;

/// <summary>Which labels an object must have.</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string> MatchLabels { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public IReadOnlyList<LabelSelectorRequirement> MatchExpressions { get => field ?? []; init; }
}
