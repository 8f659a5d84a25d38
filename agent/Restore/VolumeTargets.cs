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
    private readonly bool _isAllowed;
    private readonly PodVolumePlaces _places;

    public VolumeTargets(AgentOptions options, PodVolumePlaces places)
    {
        _isAllowed = options.RestoreIntoVolumes;
        _places = places;
    }

    /// <exception cref="BackupException">It is not allowed, not there, not the volume meant, or cannot be written.</exception>
    public FilesTarget Open(RestoreIntoVolume task)
    {
        PodVolumeOptions options = task.Volume ?? new PodVolumeOptions();
        if (!_isAllowed)
        {
            throw new BackupException(
                FailureCause.PermissionDenied, "This agent does not restore into volumes of pods: restoreIntoVolumes is off in its configuration (agents.restoreIntoVolumes of the chart).");
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
