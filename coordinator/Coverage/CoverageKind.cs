namespace K8sBackup.Coordinator.Coverage;

/// <summary>What coverage is said of.</summary>
public enum CoverageKind
{
    /// <summary>The cluster's etcd.</summary>
    Etcd = 1,

    /// <summary>A node, and what lies on it besides volumes.</summary>
    Node = 2,

    /// <summary>A persistent volume claim.</summary>
    Claim = 3,

    /// <summary>A directory of a node that pods use.</summary>
    HostPath = 4,

    /// <summary>Another volume of a pod.</summary>
    PodVolume = 5,

    /// <summary>A directory a plan names.</summary>
    Path = 6,

    /// <summary>What a command in a pod writes.</summary>
    Dump = 7,
}
