namespace K8sBackup.Bench.Accounting;

/// <summary>
/// Follows the high-water mark of a process until it ends. The mark only rises, so what can be missed is the growth in
/// the last interval.
/// </summary>
internal sealed class PeakWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Task<long> _peak;

    public PeakWatch(int processId, TimeProvider clock, CancellationToken cancellationToken) =>
        _peak = Task.Run(() => FollowAsync(processId, clock, cancellationToken), CancellationToken.None);

    /// <summary>Bytes, once the process has ended.</summary>
    public Task<long> PeakAsync() => _peak;

    private static async Task<long> FollowAsync(int processId, TimeProvider clock, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, clock);
        long peak = 0;
        for (long now = PeakMemory.Bytes(processId); now > 0; now = PeakMemory.Bytes(processId))
        {
            peak = Math.Max(peak, now);
            if (!await timer.WaitForNextTickAsync(cancellationToken))
            {
                break;
            }
        }

        return peak;
    }
}
