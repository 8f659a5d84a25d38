namespace K8sBackup.Agent.Session;

/// <summary>
/// Delays between attempts: none before the first retry, then uniformly random up to a cap that doubles from one
/// second to a minute, so that a fleet that lost its coordinator does not come back all at once. Thread-safe.
/// </summary>
internal sealed class FullJitter
{
    /// <summary>The longest delay, where nothing shorter is asked for.</summary>
    public static readonly TimeSpan CapMax = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly TimeProvider _clock;

    public FullJitter(Random random, TimeProvider clock)
    {
        _random = random;
        _clock = clock;
    }

    /// <summary>How long to wait before retry number <paramref name="attempt"/>, counted from 0.</summary>
    public TimeSpan DelayBefore(int attempt) => DelayBefore(attempt, CapMax);

    /// <summary>The same with another longest delay.</summary>
    public TimeSpan DelayBefore(int attempt, TimeSpan capMax)
    {
        if (attempt <= 0)
        {
            return TimeSpan.Zero;
        }

        double cap = Math.Min(capMax.TotalSeconds, Math.Pow(2, Math.Min(attempt - 1, 10)));
        lock (_lock)
        {
            return TimeSpan.FromSeconds(_random.NextDouble() * cap);
        }
    }

    public Task WaitAsync(int attempt, CancellationToken cancellationToken) =>
        WaitAsync(attempt, CapMax, cancellationToken);

    /// <summary>The same, ended sooner by a task.</summary>
    public async Task WaitAsync(int attempt, Task sooner, CancellationToken cancellationToken)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(WaitAsync(attempt, enough.Token), sooner);
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    public Task WaitAsync(int attempt, TimeSpan capMax, CancellationToken cancellationToken) =>
        Task.Delay(DelayBefore(attempt, capMax), _clock, cancellationToken);
}
