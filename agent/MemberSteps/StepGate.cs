namespace K8sBackup.Agent.MemberSteps;

/// <summary>Passed before every change a step makes. Tests close it to stop an agent anywhere; it is open otherwise.</summary>
internal sealed class StepGate
{
    private readonly Action<string> _before;

    public StepGate()
        : this(_ => { })
    {
    }

    public StepGate(Action<string> before) => _before = before;

    public void Pass(string change) => _before(change);
}
