namespace K8sBackup.Agent.MemberSteps;

/// <summary>Waits for states of other processes by looking.</summary>
internal sealed class StepWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _clock;

    public StepWait(TimeProvider clock) => _clock = clock;

    /// <summary>True when the state came within the time.</summary>
    public async Task<bool> UntilAsync(Func<Task<bool>> state, TimeSpan patience, CancellationToken cancellationToken)
    {
        long begin = _clock.GetTimestamp();
        while (!await state())
        {
            if (_clock.GetElapsedTime(begin) >= patience)
            {
                return false;
            }

            await Task.Delay(Interval, _clock, cancellationToken);
        }

        return true;
    }
}
