using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.KubernetesApi.Pods;

/// <summary>A volume of a pod: exactly one of the sources is set.</summary>
public sealed record PodVolume : InTreeVolumes
{
    public string Name { get => field ?? ""; init; }

    public EmptyDirVolume? EmptyDir { get; init; }

    public HostPathVolume? HostPath { get; init; }

    public ClaimVolume? PersistentVolumeClaim { get; init; }

    public CsiInlineVolume? Csi { get; init; }

    public NfsVolume? Nfs { get; init; }

    public ConfigMapVolume? ConfigMap { get; init; }

    public SecretVolume? Secret { get; init; }

    public ProjectedVolume? Projected { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolume? DownwardAPI { get; init; }

    public EphemeralVolume? Ephemeral { get; init; }

    public ImageVolume? Image { get; init; }

    /// <summary>The source's name in the API, <c>emptyDir</c> for example; empty for one that is not known here.</summary>
    [JsonIgnore]
    public string SourceName =>
        EmptyDir is not null ? "emptyDir"
        : HostPath is not null ? "hostPath"
        : PersistentVolumeClaim is not null ? "persistentVolumeClaim"
        : Csi is not null ? "csi"
        : Nfs is not null ? "nfs"
        : ConfigMap is not null ? "configMap"
        : Secret is not null ? "secret"
        : Projected is not null ? "projected"
        : DownwardAPI is not null ? "downwardAPI"
        : Ephemeral is not null ? "ephemeral"
        : Image is not null ? "image"
        : InTreePlugin;
}
