using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Patterns;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Volumes;

/// <summary>One directory tree of the node as a source.</summary>
internal sealed class VolumeSource : IBackupSource
{
    private readonly BackupTask _task;
    private readonly IVolumePlace _place;
    private readonly TreeSource _tree;
    private readonly SourcePlaces _places;
    private readonly WalkOptions _walk;

    /// <exception cref="BackupException">The options name no volume.</exception>
    public VolumeSource(BackupTask task, IVolumePlace place, TreeSource tree, SourcePlaces places)
    {
        VolumeOptions options = task.Volume ?? throw new BackupException(FailureCause.InvalidRequest, "The work names no path of the volume.");
        _task = task;
        _place = place;
        _tree = tree;
        _places = places;
        _walk = new WalkOptions { CrossMounts = options.CrossMounts, Rules = Rules(options) };
    }

    /// <summary>Opens the volume once, so that one that is not there fails before an upload is begun.</summary>
    public Task PrepareAsync(WorkMeter meter, CancellationToken cancellationToken)
    {
        using OpenVolume volume = _place.Open();
        if (_place.IsLasting)
        {
            _places.Note(SourceMapping.ToModel(_task.Source), volume.NodePath.TrimEnd('/'));
        }

        return Task.CompletedTask;
    }

    public async Task<Finish> CaptureAsync(CaptureContext context, CancellationToken cancellationToken)
    {
        using OpenVolume volume = _place.Open();
        string name = SourceMapping.ToModel(_task.Source).ToString();
        try
        {
            Finish finish = await _tree.CaptureAsync(name, volume.NodePath, volume.Directory, _walk, [], context, cancellationToken);
            RequireStill(volume);
            return finish;
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.SourceUnreadable)
        {
            RequireStill(volume);
            throw;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void RequireStill(OpenVolume volume)
    {
        if (volume.WhyGone(_place) is { } gone)
        {
            throw new BackupException(FailureCause.SourceMissing, $"The volume went away while it was read. {gone}");
        }
    }

    // Plain paths come from coordinators that know no rules.
    private static Model.Manifests.ExcludeRules Rules(VolumeOptions options) => options.Rules is { } rules
        ? ExclusionMapping.ToModel(rules)
        : new() { Patterns = [.. options.Exclude.Select(path => path.Trim('/')).Where(path => path.Length > 0).Select(PathPattern.Quote)] };
}
