using K8sBackup.Agent.Session;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.MemberSteps;

/// <summary>One step to do.</summary>
/// <param name="WorkId">The work it is, for downloads.</param>
/// <param name="Task">What is to be done.</param>
/// <param name="Meter">Where progress goes.</param>
internal sealed record StepRun(string WorkId, RestoreStepTask Task, WorkMeter Meter)
{
    // What processes get to stop, start or serve when the coordinator names no time.
    private const int PatienceSecondsDefault = 120;
    private const int PatienceSecondsMax = 3600;

    public string RestoreId => Task.RestoreId;

    public TimeSpan Patience => TimeSpan.FromSeconds(Task.PatienceSeconds is > 0 and <= PatienceSecondsMax ? Task.PatienceSeconds : PatienceSecondsDefault);
}
