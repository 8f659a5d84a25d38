namespace K8sBackup.ObjectStore.S3;

/// <summary>How long one call may take: a fixed time, and time for its bytes at the slowest rate that is put up with.</summary>
internal sealed class CallLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;
    private readonly TimeSpan _fixed;
    private readonly long _bytesPerSecondMin;

    public CallLimit(TimeProvider clock, TimeSpan fixedTime, long bytesPerSecondMin, CancellationToken cancellationToken)
    {
        _fixed = fixedTime;
        _bytesPerSecondMin = bytesPerSecondMin;
        Allowed = fixedTime;
        _timer = new CancellationTokenSource(fixedTime, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    /// <summary>Ends with the caller's token or with the time.</summary>
    public CancellationToken Token => _linked.Token;

    public bool IsOver => _timer.IsCancellationRequested;

    public TimeSpan Allowed { get; private set; }

    /// <summary>Counts the time from now, with time for so many bytes.</summary>
    public void Allow(long bytes)
    {
        Allowed = _fixed + TimeSpan.FromSeconds((double)bytes / _bytesPerSecondMin);
        _timer.CancelAfter(Allowed);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
