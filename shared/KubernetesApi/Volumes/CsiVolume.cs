using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Storage of a CSI driver.</summary>
public sealed record CsiVolume
{
    public string Driver { get => field ?? ""; init; }

    public string VolumeHandle { get => field ?? ""; init; }

    public string FsType { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }

    public IReadOnlyDictionary<string, string> VolumeAttributes { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }
}
