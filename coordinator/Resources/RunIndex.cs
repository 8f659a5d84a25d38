using K8sBackup.Coordinator.Runs;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Runs and Backup objects matched with each other, for one look.</summary>
internal sealed class RunIndex
{
    private readonly Dictionary<string, RunRecord> _byId;
    private readonly Dictionary<string, RunRecord> _byRequest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _backups = new(StringComparer.Ordinal);

    /// <param name="runs">All runs, newest first.</param>
    /// <param name="backups">All objects.</param>
    public RunIndex(IReadOnlyList<RunRecord> runs, IReadOnlyList<BackupResource> backups)
    {
        Runs = runs;
        _byId = runs.ToDictionary(run => run.Id.ToString(), StringComparer.Ordinal);
        foreach (RunRecord run in runs.Where(run => run.RequestId.Length > 0))
        {
            _byRequest.TryAdd(run.RequestId, run);
        }

        foreach (BackupResource backup in backups)
        {
            if (RunOf(backup) is { } run)
            {
                _backups.TryAdd(run.Id.ToString(), backup.Metadata.Name);
            }
        }
    }

    /// <summary>All runs, newest first.</summary>
    public IReadOnlyList<RunRecord> Runs { get; }

    /// <summary>The run of a Backup, if it has one; by its status, or by what the run says when the status came to nothing.</summary>
    public RunRecord? RunOf(BackupResource backup)
    {
        string id = backup.Status.Run.Length > 0 ? backup.Status.Run : backup.Metadata.Annotations.GetValueOrDefault(BackupReconciler.RunAnnotation, "");
        return id.Length > 0 ? _byId.GetValueOrDefault(id) : _byRequest.GetValueOrDefault(backup.Metadata.Uid);
    }

    /// <summary>Name of the run's object; empty when it has none.</summary>
    public string NameOf(RunRecord run) => _backups.GetValueOrDefault(run.Id.ToString(), "");
}
