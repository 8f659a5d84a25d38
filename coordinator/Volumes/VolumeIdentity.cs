using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>Whether two descriptions are of the same volume. A claim is its UID, never its name; what lives with a pod is that pod's.</summary>
public static class VolumeIdentity
{
    public static bool IsSame(PodVolume one, PodVolume other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return (one, other) switch
        {
            // What a command wrote is no volume, whatever it is called.
            ({ Kind: PodVolumeKind.CommandOutput }, _) or (_, { Kind: PodVolumeKind.CommandOutput }) => false,
            ({ ClaimUid.Length: > 0 }, _) or (_, { ClaimUid.Length: > 0 }) =>
                one.ClaimUid == other.ClaimUid && (one.PersistentVolumeUid == other.PersistentVolumeUid || one.PersistentVolumeUid.Length == 0 || other.PersistentVolumeUid.Length == 0),
            ({ Claim.Length: > 0 }, _) or (_, { Claim.Length: > 0 }) => false,
            ({ Kind: PodVolumeKind.Nfs }, { Kind: PodVolumeKind.Nfs }) => one.Handle == other.Handle,
            // A directory of a node is known by its path, which is not in here.
            ({ Kind: PodVolumeKind.HostPath }, _) => false,
            _ => one.PodUid.Length > 0 && one.PodUid == other.PodUid && one.Volume == other.Volume,
        };
    }
}
