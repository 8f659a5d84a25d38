namespace K8sBackup.Etcd.Discovery;

/// <summary>What one static-pod manifest says about the node's files and the flags of its programs.</summary>
public sealed record StaticPod
{
    /// <summary>The manifest, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The pod's name; empty when it has none.</summary>
    public required string Name { get; init; }

    /// <summary>Its containers, those for initialisation last.</summary>
    public required IReadOnlyList<PodContainer> Containers { get; init; }

    /// <summary>Its hostPath volumes.</summary>
    public required IReadOnlyList<PodHostPath> HostPaths { get; init; }

    /// <summary>Flags of all containers.</summary>
    public IReadOnlyList<PodFlag> Flags => [.. Containers.SelectMany(container => container.Flags)];
}
