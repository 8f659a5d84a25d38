using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>How the node may be used.</summary>
public sealed record NodeSpec
{
    public bool Unschedulable { get; init; }

    [JsonPropertyName("providerID")]
    public string ProviderID { get => field ?? ""; init; }

    public IReadOnlyList<NodeTaint> Taints { get => field ?? []; init; }
}
