using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>A place a kubelet may keep a volume of a pod in, below the pod's directory.</summary>
/// <param name="Parent">Directory below the pod's.</param>
/// <param name="Name">Name in it.</param>
/// <param name="IsMounted">True when something must be mounted there.</param>
/// <param name="IsCsi">True when <c>vol_data.json</c> lies beside it.</param>
internal sealed record VolumeLayout(string Parent, string Name, bool IsMounted, bool IsCsi)
{
    private const string Csi = "kubernetes.io/csi";

    /// <summary>The places to look in, in order; none for kinds that are never read or have no directory of their own.</summary>
    public static IReadOnlyList<VolumeLayout> Of(PodVolume volume) => volume.Kind switch
    {
        PodVolumeKind.EmptyDir => [Plain("kubernetes.io/empty-dir", volume.Volume, isMounted: false)],
        PodVolumeKind.Memory => [Plain("kubernetes.io/empty-dir", volume.Volume, isMounted: true)],
        PodVolumeKind.Local => [Plain("kubernetes.io/local-volume", NameOf(volume), isMounted: true)],
        PodVolumeKind.Nfs => [Plain("kubernetes.io/nfs", NameOf(volume), isMounted: true)],
        PodVolumeKind.Csi => [Driver(NameOf(volume))],
        // Kubernetes serves many of its former plugins by CSI drivers, without a change of the volume.
        PodVolumeKind.InTree => [Plain(volume.Driver, NameOf(volume), isMounted: true), Driver(NameOf(volume))],
        _ => [],
    };

    /// <summary>Where the raw device of the volume is linked.</summary>
    public static (string Parent, string Name) DeviceLink(PodVolume volume)
    {
        string plugin = volume.Kind switch
        {
            PodVolumeKind.Local => "kubernetes.io/local-volume",
            PodVolumeKind.InTree => volume.Driver,
            _ => Csi,
        };
        return ($"volumeDevices/{Escaped(plugin)}", NameOf(volume));
    }

    // Directories have the name of the persistent volume, and that of the pod's volume when there is none.
    public static string NameOf(PodVolume volume) => volume.PersistentVolume.Length > 0 ? volume.PersistentVolume : volume.Volume;

    private static VolumeLayout Plain(string plugin, string name, bool isMounted) => new($"volumes/{Escaped(plugin)}", name, isMounted, IsCsi: false);

    private static VolumeLayout Driver(string name) => new($"volumes/{Escaped(Csi)}/{name}", "mount", IsMounted: true, IsCsi: true);

    private static string Escaped(string plugin) => plugin.Replace('/', '~');
}
