using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>One source of a projected volume.</summary>
public sealed record ProjectedSource
{
    public ProjectedToken? ServiceAccountToken { get; init; }

    public ConfigMapVolume? ConfigMap { get; init; }

    public ProjectedSecret? Secret { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolume? DownwardAPI { get; init; }
}
