using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.PodVolumes;

/// <summary>
/// A hostPath volume: a directory of the node, below an allowed root. One that holds a kubelet's directory, or lies in it, is refused:
/// it would be the volumes of all pods of the node, with their Secrets.
/// </summary>
internal sealed class HostPathPlace : IVolumePlace
{
    private readonly HostRoot _host;
    private readonly AllowedRoots _allowed;
    private readonly KubeletRoots _kubelets;
    private readonly string _path;

    public HostPathPlace(HostRoot host, AllowedRoots allowed, KubeletRoots kubelets, string path)
    {
        _host = host;
        _allowed = allowed;
        _kubelets = kubelets;
        _path = path.Length > 1 ? path.TrimEnd('/') : path;
    }

    public bool IsLasting => true;

    public OpenVolume Open()
    {
        _allowed.Split(_path);
        string? real = _host.Resolve(_path);
        foreach (string kubelet in _kubelets.Find())
        {
            if (Overlap(_path, kubelet) || (real is not null && _host.Resolve(kubelet) is { } directory && Overlap(real, directory)))
            {
                throw new BackupException(FailureCause.PermissionDenied, $"{_path} is not read: {kubelet} with the volumes of all pods lies there.");
            }
        }

        return new OpenVolume(_allowed.Open(_path), _path);
    }

    private static bool Overlap(string one, string other) => IsIn(one, other) || IsIn(other, one);

    private static bool IsIn(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);
}
