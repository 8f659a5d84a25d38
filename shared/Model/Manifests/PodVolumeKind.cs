using System.Text.Json.Serialization;

namespace K8sBackup.Model.Manifests;

/// <summary>What a volume of a pod is made of. The numbers are those of the protocol.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PodVolumeKind>))]
public enum PodVolumeKind
{
    /// <summary>A kind this program does not know.</summary>
    Unknown = 0,

    /// <summary>A directory that lives as long as its pod.</summary>
    EmptyDir = 1,

    /// <summary>An emptyDir in memory.</summary>
    Memory = 2,

    /// <summary>A directory of the node.</summary>
    HostPath = 3,

    /// <summary>A persistent volume on the node's own disk.</summary>
    Local = 4,

    Nfs = 5,

    /// <summary>Mounted by a CSI driver.</summary>
    Csi = 6,

    /// <summary>Mounted by another plugin of the kubelet.</summary>
    InTree = 7,

    /// <summary>Never read: what it shows comes from a Secret in etcd.</summary>
    Secret = 8,

    /// <summary>Never read: it is in etcd.</summary>
    ConfigMap = 9,

    /// <summary>Never read: it is the pod's own description.</summary>
    DownwardApi = 10,

    /// <summary>Never read: tokens, Secrets and ConfigMaps together.</summary>
    Projected = 11,

    /// <summary>Never read: it is in a registry.</summary>
    Image = 12,

    /// <summary>No volume: what a command in the pod wrote to its standard output.</summary>
    CommandOutput = 13,
}
