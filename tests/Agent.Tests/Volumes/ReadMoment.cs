using K8sBackup.Agent.Volumes.Reading;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>
/// Does something at the one moment between looking at small files and opening the first of them: a pacer looks at its clock right before it lets
/// them be read.
/// </summary>
internal sealed class ReadMoment(Action act) : TimeProvider
{
    private int _calls;

    /// <summary>How files are read then.</summary>
    public ReadPolicy Policy => new(TimeSpan.FromMinutes(5), new ReadPacer(0, new PressureGauge("/nonexistent", System), this), System);

    public override long GetTimestamp()
    {
        if (Interlocked.Increment(ref _calls) == 1)
        {
            act();
        }

        return System.GetTimestamp();
    }
}
