using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Volumes of plug-ins that were once built into Kubernetes; at most one is set. Told apart by name only.</summary>
public abstract record InTreeVolumes
{
    public InTreeVolume? AwsElasticBlockStore { get; init; }

    public InTreeVolume? AzureDisk { get; init; }

    public InTreeVolume? AzureFile { get; init; }

    public InTreeVolume? Cephfs { get; init; }

    public InTreeVolume? Cinder { get; init; }

    public InTreeVolume? Fc { get; init; }

    public FlexVolume? FlexVolume { get; init; }

    public InTreeVolume? Flocker { get; init; }

    public InTreeVolume? GcePersistentDisk { get; init; }

    public InTreeVolume? GitRepo { get; init; }

    public InTreeVolume? Glusterfs { get; init; }

    public InTreeVolume? Iscsi { get; init; }

    public InTreeVolume? PhotonPersistentDisk { get; init; }

    public InTreeVolume? PortworxVolume { get; init; }

    public InTreeVolume? Quobyte { get; init; }

    public InTreeVolume? Rbd { get; init; }

    public InTreeVolume? ScaleIO { get; init; }

    public InTreeVolume? Storageos { get; init; }

    public InTreeVolume? VsphereVolume { get; init; }

    /// <summary>The one that is set, by its name in the API; empty when none is.</summary>
    [JsonIgnore]
    public string InTreePlugin => Plugins().FirstOrDefault(plugin => plugin.Volume is not null).Name ?? "";

    private (string Name, object? Volume)[] Plugins() =>
    [
        ("awsElasticBlockStore", AwsElasticBlockStore),
        ("azureDisk", AzureDisk),
        ("azureFile", AzureFile),
        ("cephfs", Cephfs),
        ("cinder", Cinder),
        ("fc", Fc),
        ("flexVolume", FlexVolume),
        ("flocker", Flocker),
        ("gcePersistentDisk", GcePersistentDisk),
        ("gitRepo", GitRepo),
        ("glusterfs", Glusterfs),
        ("iscsi", Iscsi),
        ("photonPersistentDisk", PhotonPersistentDisk),
        ("portworxVolume", PortworxVolume),
        ("quobyte", Quobyte),
        ("rbd", Rbd),
        ("scaleIO", ScaleIO),
        ("storageos", Storageos),
        ("vsphereVolume", VsphereVolume),
    ];
}
