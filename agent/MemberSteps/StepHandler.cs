using K8sBackup.Agent.Session;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>Does the steps of restores of a cluster's etcd on this node, one at a time, and logs each.</summary>
internal sealed class StepHandler : IWorkHandler
{
    private readonly IReadOnlyDictionary<RestoreStep, IMemberStep> _steps;
    private readonly ILogger<StepHandler> _log;

    public StepHandler(IReadOnlyDictionary<RestoreStep, IMemberStep> steps, ILogger<StepHandler> log)
    {
        _steps = steps;
        _log = log;
    }

    public async Task<WorkResult> RunAsync(Work work, WorkMeter meter, CancellationToken cancellationToken)
    {
        RestoreStepTask task = work.Step;
        // The id becomes names of files.
        StepGround.Require(RestoreId.TryParse(task.RestoreId, out _), FailureCause.InvalidRequest, "The step names no restore.");
        StepGround.Require(_steps.ContainsKey(task.Step), FailureCause.InvalidRequest, $"This agent does not know the step {task.Step}.");
        StepGround.Require(task.Step == RestoreStep.Inspect || task.Target is not null, FailureCause.InvalidRequest, "The step has no target.");
        StepLog.Begun(_log, task.RestoreId, task.Step.ToString());
        try
        {
            RestoreStepReport report = await _steps[task.Step].RunAsync(new StepRun(work.WorkId, task, meter), cancellationToken);
            StepLog.Done(_log, task.RestoreId, task.Step.ToString());
            return new WorkResult { Step = report };
        }
        catch (Exception e) when (RestoreFailures.Of(e) is { } failure)
        {
            StepLog.Failed(_log, task.RestoreId, task.Step.ToString(), failure.Failure.ToString());
            throw failure;
        }
    }
}
