using System.Text;
using K8sBackup.Agent.Hosting;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;
using EntryKind = K8sBackup.Model.Trees.EntryKind;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// Finds the device of a raw block volume: for CSI where the kubelet keeps the devices it handed to pods, by pod; otherwise by the link
/// it made in the pod's own directory, which is followed to devices and to the kubelet's plugins only.
/// </summary>
internal sealed class BlockVolume
{
    private const string CsiDevices = "plugins/kubernetes.io/csi/volumeDevices";

    private readonly HostRoot _host;
    private readonly KubeletRoots _kubelets;
    private readonly PodVolume _volume;
    private readonly string _pod;

    /// <exception cref="BackupException">The task is malformed, or of a kind that is never read.</exception>
    public BlockVolume(HostRoot host, KubeletRoots kubelets, PodVolumeOptions options)
    {
        PodVolumeRules.Require(options);
        _host = host;
        _kubelets = kubelets;
        _volume = options.Volume;
        _pod = PodVolumeRules.DirectoryOf(options);
    }

    /// <summary>Opens the device for reading; the path is where it was found.</summary>
    /// <exception cref="BackupException">There is none, or it is not that of the volume.</exception>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public FileReader Open(out string path)
    {
        using KubeletDirectory kubelet = KubeletDirectory.WithPod(_host, _kubelets.Find(), _pod);
        string name = VolumeLayout.NameOf(_volume);
        if (_volume.Kind == PodVolumeKind.Csi)
        {
            RequireVolume(kubelet, name);
            foreach (string parent in (string[])[$"{CsiDevices}/{name}/dev", $"{CsiDevices}/publish/{name}"])
            {
                using SafeFileHandle? directory = kubelet.Find(parent);
                if (directory is not null && Metadata.Find(directory, Encoding.UTF8.GetBytes(_pod)) is { Kind: EntryKind.BlockDevice })
                {
                    path = $"{kubelet.NodePath}/{parent}/{_pod}";
                    return BlockDevices.Open(directory, Encoding.UTF8.GetBytes(_pod));
                }
            }
        }

        return Linked(kubelet, out path);
    }

    private FileReader Linked(KubeletDirectory kubelet, out string path)
    {
        (string parent, string name) = VolumeLayout.DeviceLink(_volume);
        string place = $"pods/{_pod}/{parent}";
        using SafeFileHandle? directory = kubelet.Find(place);
        byte[] link = Encoding.UTF8.GetBytes(name);
        EntryKind? kind = directory is null ? null : Metadata.Find(directory, link)?.Kind;
        path = $"{kubelet.NodePath}/{place}/{name}";
        return kind switch
        {
            EntryKind.BlockDevice => BlockDevices.Open(directory!, link),
            EntryKind.Symlink => Target(kubelet, Encoding.UTF8.GetString(Metadata.LinkTarget(directory!, link)), path),
            null => throw new BackupException(FailureCause.SourceMissing, $"The pod has no device for its volume {_volume.Volume}: there is nothing at {path}."),
            _ => throw new BackupException(FailureCause.SourceUnreadable, $"{path} is no device."),
        };
    }

    private FileReader Target(KubeletDirectory kubelet, string target, string link)
    {
        bool allowed = TreePath.IsValid(Encoding.UTF8.GetBytes(target.TrimStart('/')))
            && (target.StartsWith("/dev/", StringComparison.Ordinal) || target.StartsWith(kubelet.NodePath + "/plugins/", StringComparison.Ordinal));
        string? real = allowed ? _host.Resolve(target) : null;
        if (real is null)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"{link} leads to {target}, which is no place for devices.");
        }

        using SafeFileHandle directory = DirectoryHandles.OpenRoot(Path.GetDirectoryName(real)!);
        return BlockDevices.Open(directory, Encoding.UTF8.GetBytes(Path.GetFileName(real)));
    }

    private void RequireVolume(KubeletDirectory kubelet, string name)
    {
        string place = $"{CsiDevices}/{name}/data";
        using SafeFileHandle data = kubelet.Find(place)
            ?? throw new BackupException(FailureCause.SourceMissing, $"No device of the volume is set up on the node: there is no {kubelet.NodePath}/{place}.");
        VolumeData.Require(data, _volume, $"{kubelet.NodePath}/{CsiDevices}/{name}");
    }
}
