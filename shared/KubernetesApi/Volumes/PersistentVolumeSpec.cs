using System.Collections.ObjectModel;
using System.Text.Json.Serialization;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Where the storage is and who has it; exactly one of the sources is set.</summary>
public sealed record PersistentVolumeSpec : InTreeVolumes
{
    public IReadOnlyDictionary<string, Quantity> Capacity { get => field ?? ReadOnlyDictionary<string, Quantity>.Empty; init; }

    public IReadOnlyList<string> AccessModes { get => field ?? []; init; }

    public string VolumeMode { get => field ?? ""; init; }

    public string StorageClassName { get => field ?? ""; init; }

    public string PersistentVolumeReclaimPolicy { get => field ?? ""; init; }

    /// <summary>The claim, with its uid.</summary>
    public ObjectReference? ClaimRef { get; init; }

    public VolumeNodeAffinity? NodeAffinity { get; init; }

    public IReadOnlyList<string> MountOptions { get => field ?? []; init; }

    public CsiVolume? Csi { get; init; }

    public NfsVolume? Nfs { get; init; }

    public LocalVolume? Local { get; init; }

    public HostPathVolume? HostPath { get; init; }

    /// <summary>The source's name in the API, <c>csi</c> for example; empty for one that is not known here.</summary>
    [JsonIgnore]
    public string SourceName =>
        Csi is not null ? "csi"
        : Nfs is not null ? "nfs"
        : Local is not null ? "local"
        : HostPath is not null ? "hostPath"
        : InTreePlugin;
}
