using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>One small change on this node. Done again it does what is left, which may be nothing.</summary>
internal interface IMemberStep
{
    /// <exception cref="Model.Outcomes.BackupException">It was refused or failed; the journal says what may have been done.</exception>
    Task<RestoreStepReport> RunAsync(StepRun run, CancellationToken cancellationToken);
}
