using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Session;

/// <summary>Does one kind of work.</summary>
internal interface IWorkHandler
{
    /// <summary>Does the work and says how it ended; may be called again with the same work after the agent died over it.</summary>
    /// <exception cref="Model.Outcomes.BackupException">It failed, as the exception says.</exception>
    Task<WorkResult> RunAsync(Work work, WorkMeter meter, CancellationToken cancellationToken);
}
