using K8sBackup.Agent.Session;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Brings the snapshot of a piece of work to the node.</summary>
internal interface ISnapshotFetch
{
    /// <summary>Writes it to a new file, digest included, synced.</summary>
    /// <exception cref="Model.Outcomes.BackupException">It did not come whole.</exception>
    Task FetchAsync(string workId, string path, WorkMeter meter, CancellationToken cancellationToken);
}
