using K8sBackup.Agent.Volumes.Reading;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>
/// Does something at the one moment between looking at small files and opening the first of them: a pacer looks at its clock right before it lets
/// them be read.
/// </summary>
internal sealed class ReadMoment(Action act) : TimeProvider
{
    private Action? _act;

    /// <summary>A pacer that never waits. The moment is that of the first look at the clock after it was made.</summary>
    public ReadPacer Pacer()
    {
        ReadPacer pacer = new(0, new PressureGauge("/nonexistent", System), this);
        _act = act;
        return pacer;
    }

    public override long GetTimestamp()
    {
        Interlocked.Exchange(ref _act, null)?.Invoke();
        return System.GetTimestamp();
    }
}
