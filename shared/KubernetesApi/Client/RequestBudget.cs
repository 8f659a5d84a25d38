namespace K8sBackup.KubernetesApi.Client;

/// <summary>A token bucket: calls wait their turn, first come, first served. Thread-safe.</summary>
internal sealed class RequestBudget
{
    private readonly double _perSecond;
    private readonly int _burst;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private double _tokens;
    private long _at;

    public RequestBudget(double perSecond, int burst, TimeProvider clock)
    {
        _perSecond = perSecond;
        _burst = burst;
        _clock = clock;
        _tokens = burst;
        _at = clock.GetTimestamp();
    }

    public Task TakeAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait = Reserve();
        return wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, _clock, cancellationToken);
    }

    /// <summary>Takes a token, if need be one of the future, and says how long that is.</summary>
    private TimeSpan Reserve()
    {
        lock (_lock)
        {
            long now = _clock.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (_clock.GetElapsedTime(_at, now).TotalSeconds * _perSecond));
            _at = now;
            _tokens--;
            return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / _perSecond);
        }
    }
}
