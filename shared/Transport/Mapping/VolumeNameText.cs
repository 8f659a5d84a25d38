using K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Volumes as people write them: <c>namespace/claim</c>, <c>namespace/pod:volume</c>, or <c>namespace/pod</c> where that is enough.</summary>
public static class VolumeNameText
{
    public static string Of(VolumeName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Pod.Length == 0 ? $"{name.Namespace}/{name.Claim}"
            : name.Volume.Length == 0 ? $"{name.Namespace}/{name.Pod}"
            : $"{name.Namespace}/{name.Pod}:{name.Volume}";
    }

    /// <summary>A volume of a pod, by its claim when it has one.</summary>
    public static string Of(PodVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return Of(new VolumeName { Namespace = volume.Namespace, Claim = volume.Claim, Pod = volume.Claim.Length > 0 ? "" : volume.Pod, Volume = volume.Volume });
    }
}
