using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.PodVolumes;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// Opens the volume of a running pod for a restore. It is found and checked as for a backup; what cannot be written is refused before
/// anything is fetched.
/// </summary>
internal sealed class VolumeTargets
{
    private const string Off = "restoreIntoVolumes is off in its configuration (agents.restoreIntoVolumes of the chart).";

    private readonly bool _isAllowed;
    private readonly HostRoot _host;
    private readonly KubeletRoots _kubelets;
    private readonly PodVolumePlaces _places;

    public VolumeTargets(AgentOptions options, HostRoot host, KubeletRoots kubelets, PodVolumePlaces places)
    {
        _isAllowed = options.RestoreIntoVolumes;
        _host = host;
        _kubelets = kubelets;
        _places = places;
    }

    /// <summary>Volumes of pods are not to be had by their paths either, where they are not to be had.</summary>
    /// <exception cref="BackupException">The path leads to them, and they are not.</exception>
    public void RequireElsewhere(string path)
    {
        string? real = _isAllowed ? null : _host.Resolve(path);
        if (!_isAllowed && _kubelets.Find().Any(root => IsIn(path, root) || (real is not null && _host.Resolve(root) is { } directory && IsIn(real, directory))))
        {
            throw new BackupException(FailureCause.PermissionDenied, $"{path} is where volumes of pods lie, and this agent does not restore into them: {Off}");
        }
    }

    /// <exception cref="BackupException">It is not allowed, not there, not the volume meant, or cannot be written.</exception>
    public FilesTarget Open(RestoreIntoVolume task)
    {
        PodVolumeOptions options = task.Volume ?? new PodVolumeOptions();
        if (!_isAllowed)
        {
            throw new BackupException(FailureCause.PermissionDenied, $"This agent does not restore into volumes of pods: {Off}");
        }

        if (options.Volume is { Block: true })
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The volume {options.Volume.Volume} is a raw block volume, which has no files.");
        }

        if (task.Files is { Target.Length: > 0 })
        {
            throw new BackupException(FailureCause.InvalidRequest, "The task names a volume of a pod and a directory.");
        }

        IVolumePlace place = _places.Of(options, task.HostPath);
        OpenVolume volume = OpenAt(place);
        try
        {
            return !TargetAccess.IsReadOnly(volume.Directory)
                ? new FilesTarget(volume.Directory, volume.NodePath, task.Own, IsHostRoot: false) { GivesRootMetadata = task.RootMetadata, WhyGone = () => volume.WhyGone(place) }
                : throw new BackupException(FailureCause.TargetUnusable, $"The volume is mounted read-only at {volume.NodePath}; nothing can be restored into it.");
        }
        catch
        {
            volume.Dispose();
            throw;
        }
    }

    private static bool IsIn(string path, string directory) => path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);

    // That a place cannot be read is said of sources; this one is a target.
    private static OpenVolume OpenAt(IVolumePlace place)
    {
        try
        {
            return place.Open();
        }
        catch (BackupException e) when (e.Failure.Cause is FailureCause.SourceMissing or FailureCause.SourceUnreadable)
        {
            throw new BackupException(FailureCause.TargetUnusable, e.Failure.Message, e);
        }
    }
}
