using System.Text.Json.Serialization;

namespace K8sBackup.Model.Ids;

/// <summary>The kinds of source a plan can name.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SourceKind>))]
public enum SourceKind
{
    /// <summary>The key-value database of one etcd cluster, read from the member on the node.</summary>
    Etcd = 1,

    /// <summary>The files an etcd snapshot is useless without: PKI, manifests, kubeadm and kubelet configuration.</summary>
    ControlPlaneFiles = 2,

    /// <summary>One directory tree.</summary>
    Volume = 3,
}
