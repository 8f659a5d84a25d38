namespace K8sBackup.TestKit.ControlPlane;

/// <summary>What a simulated control plane is made of.</summary>
public sealed record SimulatedPlaneOptions
{
    /// <summary>How many nodes there are.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>The etcd that kubelets start; the images in the manifests have its version.</summary>
    public string EtcdProgram { get; init; } = EtcdPrograms.Installed;

    /// <summary>
    /// With a network, nodes are as kubeadm sets them up: the usual ports, TLS for clients and peers. Without one they have
    /// addresses on the loopback network, ports that are free, and no TLS; that needs no root.
    /// </summary>
    public NodeNetwork? Network { get; init; }

    /// <summary>The node (1, 2, ...) whose etcd keeps its log in a directory of its own; 0 for none.</summary>
    public int NodeWithOwnWal { get; init; }
}
