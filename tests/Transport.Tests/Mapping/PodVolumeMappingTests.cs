using K8sBackup.Model.Manifests;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Tests.Mapping;

public sealed class PodVolumeMappingTests
{
    [Fact]
    public void ToModel_OfItsOwnMessage_IsTheSame()
    {
        PodVolume volume = new()
        {
            Namespace = "prod",
            Pod = "db-0",
            PodUid = "1",
            Volume = "data",
            Kind = PodVolumeKind.Csi,
            Claim = "data-db-0",
            ClaimUid = "2",
            PersistentVolume = "pvc-2",
            PersistentVolumeUid = "3",
            StorageClass = "fast",
            Driver = "csi.example",
            Handle = "vol-7",
            Block = true,
            SubPaths = ["a", "b/c"],
            Rule = "podVolumes[0]",
        };
        PodVolume back = PodVolumeMapping.ToModel(PodVolumeMapping.ToWire(volume));

        Assert.Equal(volume.SubPaths, back.SubPaths);
        Assert.Equal(volume, back with { SubPaths = volume.SubPaths });
    }

    [Fact]
    public void Kinds_AreTheSameOnTheWire()
    {
        foreach (PodVolumeKind kind in Enum.GetValues<PodVolumeKind>().Where(k => k != PodVolumeKind.Unknown))
        {
            Assert.Equal(kind.ToString(), ((Wire.PodVolumeKind)(int)kind).ToString());
        }

        Assert.Equal(PodVolumeKind.Unknown, PodVolumeMapping.ToModel(new Wire.PodVolume { Kind = (Wire.PodVolumeKind)99 }).Kind);
    }
}
