using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// The directory of a pod's volume below the kubelet's root. It is the volume meant, and mounted where its kind is a mount: the empty
/// directory of a volume that is not mounted would be an empty backup.
/// </summary>
internal sealed class PodVolumePlace : IVolumePlace
{
    private readonly HostRoot _host;
    private readonly KubeletRoots _kubelets;
    private readonly PodVolume _volume;
    private readonly string _pod;

    /// <exception cref="BackupException">The task is malformed, or of a kind that is never read.</exception>
    public PodVolumePlace(HostRoot host, KubeletRoots kubelets, PodVolumeOptions options)
    {
        PodVolumeRules.Require(options);
        _host = host;
        _kubelets = kubelets;
        _volume = options.Volume;
        _pod = PodVolumeRules.DirectoryOf(options);
    }

    public bool IsLasting => false;

    public OpenVolume Open()
    {
        using KubeletDirectory kubelet = KubeletDirectory.WithPod(_host, _kubelets.Find(), _pod);
        foreach (VolumeLayout layout in VolumeLayout.Of(_volume))
        {
            string parentPath = $"pods/{_pod}/{layout.Parent}";
            using SafeFileHandle? parent = kubelet.Find(parentPath);
            SafeFileHandle? directory = parent is null ? null : kubelet.Find($"{parentPath}/{layout.Name}");
            if (directory is not null)
            {
                return Checked(new OpenVolume(directory, $"{kubelet.NodePath}/{parentPath}/{layout.Name}"), parent!, layout);
            }
        }

        throw new BackupException(
            FailureCause.SourceMissing, $"The pod has no directory for its volume {_volume.Volume} ({_volume.Kind}) below {kubelet.NodePath}/pods/{_pod}.");
    }

    private OpenVolume Checked(OpenVolume volume, SafeFileHandle parent, VolumeLayout layout)
    {
        try
        {
            if (layout.IsCsi)
            {
                VolumeData.Require(parent, _volume, volume.NodePath);
            }

            if (layout.IsMounted && !MountTable.IsMountPoint(parent, volume.Directory))
            {
                throw new BackupException(FailureCause.SourceMissing, $"The volume is not mounted: nothing is mounted at {volume.NodePath}.");
            }

            return _volume is { Kind: PodVolumeKind.Nfs, Handle.Length: > 0 } && NfsExport.Fault(MountTable.Find(volume.Directory), _volume.Handle) is { } fault
                ? throw new BackupException(FailureCause.SourceMissing, $"Another volume is at {volume.NodePath}: {fault}.")
                : volume;
        }
        catch (LinuxException e)
        {
            volume.Dispose();
            throw new BackupException(FailureCause.SourceUnreadable, $"{volume.NodePath} cannot be looked at: {e.Message}", e);
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }
}
