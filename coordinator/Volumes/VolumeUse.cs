using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>A volume as one pod has it, or a claim that no pod has, with all that rules look at.</summary>
public sealed record VolumeUse
{
    public required PodVolume Volume { get; init; }

    /// <summary>Key that all uses of the same data have in common.</summary>
    public required string SourceName { get; init; }

    /// <summary>Node of the pod; empty when there is none.</summary>
    public string Node { get; init; } = "";

    /// <summary>True when the data is that of the node, and the same name on another node is other data.</summary>
    public bool IsOfNode { get; init; }

    /// <summary>True when the pod runs, so that the volume can be expected to be mounted.</summary>
    public bool IsRunning { get; init; }

    /// <summary>Path on the node, of hostPath volumes.</summary>
    public string HostPath { get; init; } = "";

    /// <summary>The pod's directory below the kubelet's root, when it is not its UID.</summary>
    public string PodDirectory { get; init; } = "";

    /// <summary>True for the pods of this product, whose volumes are their windows into the node.</summary>
    public bool IsOwn => PodLabels.GetValueOrDefault("app.kubernetes.io/name") == "k8s-backup-agent";

    /// <summary>Size of the claim; null when it has none.</summary>
    public long? Bytes { get; init; }

    public IReadOnlyDictionary<string, string> PodLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> PodAnnotations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> ClaimLabels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Why it cannot be read whatever anybody wants; empty when it can.</summary>
    public string Obstacle { get; init; } = "";

    /// <summary>True for kinds that only show what is in etcd or a registry.</summary>
    public bool IsNeverRead => Volume.Kind is PodVolumeKind.Secret or PodVolumeKind.ConfigMap or PodVolumeKind.DownwardApi or PodVolumeKind.Projected or PodVolumeKind.Image;
}
