using System.Diagnostics.CodeAnalysis;
using K8sBackup.Model.Manifests;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Volumes of pods on the wire.</summary>
public static class PodVolumeMapping
{
    public static Wire.PodVolume ToWire(PodVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return new Wire.PodVolume
        {
            Namespace = volume.Namespace,
            Pod = volume.Pod,
            PodUid = volume.PodUid,
            Volume = volume.Volume,
            Kind = (Wire.PodVolumeKind)(int)volume.Kind,
            Claim = volume.Claim,
            ClaimUid = volume.ClaimUid,
            PersistentVolume = volume.PersistentVolume,
            PersistentVolumeUid = volume.PersistentVolumeUid,
            StorageClass = volume.StorageClass,
            Driver = volume.Driver,
            Handle = volume.Handle,
            Block = volume.Block,
            SubPaths = { volume.SubPaths },
            Rule = volume.Rule,
        };
    }

    /// <summary>The volume; a kind that is not known reads as <see cref="PodVolumeKind.Unknown"/>.</summary>
    [return: NotNullIfNotNull(nameof(wire))]
    public static PodVolume? ToModel(Wire.PodVolume? wire) => wire is null ? null : new PodVolume
    {
        Namespace = wire.Namespace,
        Pod = wire.Pod,
        PodUid = wire.PodUid,
        Volume = wire.Volume,
        Kind = Enum.IsDefined((PodVolumeKind)(int)wire.Kind) ? (PodVolumeKind)(int)wire.Kind : PodVolumeKind.Unknown,
        Claim = wire.Claim,
        ClaimUid = wire.ClaimUid,
        PersistentVolume = wire.PersistentVolume,
        PersistentVolumeUid = wire.PersistentVolumeUid,
        StorageClass = wire.StorageClass,
        Driver = wire.Driver,
        Handle = wire.Handle,
        Block = wire.Block,
        SubPaths = [.. wire.SubPaths],
        Rule = wire.Rule,
    };
}
