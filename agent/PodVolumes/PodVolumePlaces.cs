using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>Where volumes of pods with files lie: for backups and for restores the same, with the same checks.</summary>
internal sealed class PodVolumePlaces
{
    private readonly HostRoot _host;
    private readonly AllowedRoots _allowed;
    private readonly KubeletRoots _kubelets;

    public PodVolumePlaces(HostRoot host, AllowedRoots allowed, KubeletRoots kubelets)
    {
        _host = host;
        _allowed = allowed;
        _kubelets = kubelets;
    }

    /// <param name="volume">The volume.</param>
    /// <param name="hostPath">Path of a hostPath volume; not looked at for others, which are found.</param>
    /// <exception cref="BackupException">The task is malformed, or of a kind that is never read or written.</exception>
    public IVolumePlace Of(PodVolumeOptions volume, string hostPath) => volume.Volume?.Kind == PodVolumeKind.HostPath
        ? new HostPathPlace(_host, _allowed, _kubelets, hostPath)
        : new PodVolumePlace(_host, _kubelets, volume);
}
