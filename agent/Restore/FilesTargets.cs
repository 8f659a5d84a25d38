using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Volumes;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// Decides where a restore of files may write: to the source's own place, below a volume root, or below a restore root of
/// the configuration, and nowhere else.
/// </summary>
internal sealed class FilesTargets
{
    private readonly HostRoot _host;
    private readonly SourcePlaces _places;
    private readonly AllowedRoots _allowed;

    public FilesTargets(AgentOptions options, HostRoot host, SourcePlaces places)
    {
        _host = host;
        _places = places;
        _allowed = new AllowedRoots(host, options.VolumeRoots.Concat(options.RestoreRoots));
    }

    /// <summary>Opens the target, making the directory when it is missing.</summary>
    /// <exception cref="BackupException">The target is not allowed, not known, or cannot be opened.</exception>
    public FilesTarget Open(RestoreTask task)
    {
        SourceKey source = SourceMapping.ToModel(task.Source);
        string target = task.Files.Target.Length > 1 ? task.Files.Target.TrimEnd('/') : task.Files.Target;
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

        return new FilesTarget(_allowed.OpenOrCreate(target), target, target == place, IsHostRoot: false);
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
