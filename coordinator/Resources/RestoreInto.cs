namespace K8sBackup.Coordinator.Resources;

/// <summary>The volume of a running pod that files are restored into: one of the two.</summary>
public sealed record RestoreInto
{
    public ClaimReference? Claim { get; init; }

    public PodVolumeReference? Pod { get; init; }
}
