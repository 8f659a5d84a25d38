using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// Decides where a restore of files may write: to the source's own place, below a volume root, below a restore root of
/// the configuration, or into a volume of a running pod, and nowhere else.
/// </summary>
internal sealed class FilesTargets
{
    private readonly HostRoot _host;
    private readonly SourcePlaces _places;
    private readonly AllowedRoots _allowed;
    private readonly VolumeTargets _volumes;

    public FilesTargets(AgentOptions options, HostRoot host, SourcePlaces places, VolumeTargets volumes)
    {
        _host = host;
        _volumes = volumes;
        _places = places;
        _allowed = new AllowedRoots(host, options.VolumeRoots.Concat(options.RestoreRoots));
    }

    /// <summary>Opens the target, making the directory when it is missing, but not for a dry run.</summary>
    /// <exception cref="BackupException">The target is not allowed, not known, or cannot be opened.</exception>
    public FilesTarget Open(RestoreTask task)
    {
        if (task.IntoVolume is { } into)
        {
            return _volumes.Open(into);
        }

        SourceKey source = SourceMapping.ToModel(task.Source);
        RestoreFilesOptions options = FilesOptions.Of(task);
        string target = options.Target.Length > 1 ? options.Target.TrimEnd('/') : options.Target;
        bool isMirror = options.Conflicts == ConflictPolicy.Mirror;
        if (isMirror && source.Kind == SourceKind.ControlPlaneFiles)
        {
            throw new BackupException(FailureCause.InvalidRequest, "Control-plane files are not mirrored: that would delete what else is on the node.");
        }

        if (source.Kind == SourceKind.ControlPlaneFiles && target is "" or "/")
        {
            return OpenHostRoot();
        }

        string? place = _places.Find(source);
        if (target.Length == 0)
        {
            target = place ?? throw new BackupException(
                FailureCause.InvalidRequest, $"Where {source} was read is not known on this node. Name the directory to restore into.");
        }

        _volumes.RequireElsewhere(target);
        return new FilesTarget(task.Files is null ? Find(target) : _allowed.OpenOrCreate(target), target, target == place, IsHostRoot: false);
    }

    private SafeFileHandle? Find(string target)
    {
        try
        {
            return _allowed.Open(target);
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.SourceMissing)
        {
            return null;
        }
    }

    private FilesTarget OpenHostRoot()
    {
        try
        {
            return new FilesTarget(DirectoryHandles.OpenRoot(_host.Path), "/", IsOwnPlace: true, IsHostRoot: true);
        }
        catch (LinuxException e)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The host root cannot be opened: {e.Message}", e);
        }
    }
}
