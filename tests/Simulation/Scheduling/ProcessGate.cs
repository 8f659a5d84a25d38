namespace K8sBackup.Simulation.Scheduling;

/// <summary>
/// What may reach a simulated process: everything while it runs; nothing while it is stopped, and all of it afterwards; nothing ever
/// again once it was killed. A process that nothing reaches does nothing, so this is all it takes to stop or kill one.
/// </summary>
internal sealed class ProcessGate
{
    private readonly List<Action> _kept = [];
    private readonly CancellationTokenSource _gone = new();
    private bool _stopped;

    public ProcessGate(string name)
    {
        Name = name;
        Gone = _gone.Token;
    }

    public string Name { get; }

    public bool IsDead { get; private set; }

    /// <summary>Cancelled when peers notice that the process is gone.</summary>
    public CancellationToken Gone { get; }

    public bool IsRunning => !IsDead && !_stopped;

    /// <summary>Lets something reach the process.</summary>
    public void Deliver(Action action)
    {
        if (_stopped)
        {
            _kept.Add(action);
        }
        else if (!IsDead)
        {
            action();
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        IsDead = true;
        _kept.Clear();
        _gone.Cancel();
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => _stopped = !IsDead;

    /// <summary>SIGCONT.</summary>
    public void Continue()
    {
        _stopped = false;
        Action[] kept = [.. _kept];
        _kept.Clear();
        foreach (Action action in kept)
        {
            action();
        }
    }
}
