namespace K8sBackup.Model.Manifests;

/// <summary>
/// The volume of a pod a snapshot is of, as the cluster's API described it to the coordinator when the run began. The UIDs are what it
/// is bound to; names are for people. Texts are empty where they do not apply.
/// </summary>
public sealed record PodVolume
{
    public required string Namespace { get; init; }

    /// <summary>The pod through which it was read.</summary>
    public string Pod { get; init; } = "";

    public string PodUid { get; init; } = "";

    /// <summary>Name in the pod; of what a command wrote, the name of the plan's source.</summary>
    public string Volume { get; init; } = "";

    public required PodVolumeKind Kind { get; init; }

    public string Claim { get; init; } = "";

    public string ClaimUid { get; init; } = "";

    public string PersistentVolume { get; init; } = "";

    public string PersistentVolumeUid { get; init; } = "";

    public string StorageClass { get; init; } = "";

    /// <summary>CSI driver, or plugin of the kubelet.</summary>
    public string Driver { get; init; } = "";

    /// <summary>The driver's own name for the volume.</summary>
    public string Handle { get; init; } = "";

    /// <summary>True for a raw block volume, which is captured as one file.</summary>
    public bool Block { get; init; }

    /// <summary>The parts of it that containers of the pod mount, when they do not mount it whole. All of it is captured.</summary>
    public IReadOnlyList<string> SubPaths { get; init; } = [];

    /// <summary>The rule of the plan that chose it.</summary>
    public string Rule { get; init; } = "";
}
