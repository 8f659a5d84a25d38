using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>Restore points and single files of theirs, from the coordinator or straight from a store.</summary>
internal interface IPointReader : IDisposable
{
    /// <summary>A restore point by id, beginning of an id, or <c>latest</c>; refused when it is damaged.</summary>
    Task<RestorePoint> FindAsync(string point, CancellationToken cancellationToken);

    /// <summary>Copies one file of a snapshot; false when it has no such file.</summary>
    /// <exception cref="Model.Outcomes.BackupException">Part of the file is lost, or the transfer is out of order.</exception>
    Task<bool> CopyAsync(RestorePoint point, Snapshot snapshot, string path, FileTarget target, CancellationToken cancellationToken);
}
