using System.Collections.ObjectModel;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A volume a CSI driver makes for this pod alone.</summary>
public sealed record CsiInlineVolume
{
    public string Driver { get => field ?? ""; init; }

    public string FsType { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }

    public IReadOnlyDictionary<string, string> VolumeAttributes { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }
}
