using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>Makes the source a task asks for.</summary>
internal sealed class BackupSources
{
    private readonly IReadOnlyDictionary<SourceKind, Func<BackupTask, IBackupSource>> _factories;

    public BackupSources(IReadOnlyDictionary<SourceKind, Func<BackupTask, IBackupSource>> factories) => _factories = factories;

    /// <exception cref="BackupException">There is no such kind, or the options are not for it.</exception>
    public IBackupSource Create(BackupTask task)
    {
        bool fits = task.OptionsCase == BackupTask.OptionsOneofCase.None || task.OptionsCase == ExpectedOptions(task.Source.Kind);
        return fits && _factories.TryGetValue(task.Source.Kind, out Func<BackupTask, IBackupSource>? factory)
            ? factory(task)
            : throw new BackupException(FailureCause.InvalidRequest, $"This agent has no source of kind {task.Source.Kind} with options {task.OptionsCase}.");
    }

    private static BackupTask.OptionsOneofCase ExpectedOptions(SourceKind kind) => kind switch
    {
        SourceKind.Etcd => BackupTask.OptionsOneofCase.Etcd,
        SourceKind.ControlPlaneFiles => BackupTask.OptionsOneofCase.ControlPlane,
        SourceKind.Volume => BackupTask.OptionsOneofCase.Volume,
        _ => BackupTask.OptionsOneofCase.None,
    };
}
