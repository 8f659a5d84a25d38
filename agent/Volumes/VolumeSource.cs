using System.Text;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Volumes;

/// <summary>One directory tree of the node as a source.</summary>
internal sealed class VolumeSource : IBackupSource
{
    private readonly BackupTask _task;
    private readonly AllowedRoots _roots;
    private readonly TreeSource _tree;
    private readonly SourcePlaces _places;
    private readonly WalkOptions _walk;

    /// <exception cref="BackupException">The options name no volume.</exception>
    public VolumeSource(BackupTask task, AllowedRoots roots, TreeSource tree, SourcePlaces places)
    {
        VolumeOptions options = task.Volume ?? throw new BackupException(FailureCause.InvalidRequest, "The work names no path of the volume.");
        _task = task;
        _roots = roots;
        _tree = tree;
        _places = places;
        _walk = new WalkOptions
        {
            CrossMounts = options.CrossMounts,
            Excluded = [.. options.Exclude.Select(path => Encoding.UTF8.GetBytes(path.Trim('/'))).Where(path => path.Length > 0 && TreePath.IsValid(path))],
        };
    }

    /// <summary>Opens the volume once, so that one that is not there fails before an upload is begun.</summary>
    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        _roots.Open(_task.Volume.Path).Dispose();
        _places.Note(SourceMapping.ToModel(_task.Source), _task.Volume.Path.TrimEnd('/'));
        return Task.CompletedTask;
    }

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        using SafeFileHandle root = _roots.Open(_task.Volume.Path);
        string name = SourceMapping.ToModel(_task.Source).ToString();
        return await _tree.CaptureAsync(name, _task.Volume.Path, root, _walk, [], context, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
