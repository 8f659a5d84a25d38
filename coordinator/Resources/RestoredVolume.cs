namespace K8sBackup.Coordinator.Resources;

/// <summary>The volume a restore went into, and the pod that had it.</summary>
public sealed record RestoredVolume
{
    public string Namespace { get => field ?? ""; init; }

    public string Pod { get => field ?? ""; init; }

    public string Volume { get => field ?? ""; init; }

    public string Claim { get => field ?? ""; init; }

    public string ClaimUid { get => field ?? ""; init; }
}
