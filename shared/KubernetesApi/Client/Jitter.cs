namespace K8sBackup.KubernetesApi.Client;

/// <summary>Random parts of pauses, so that those who fail together do not come back together. Thread-safe.</summary>
internal sealed class Jitter
{
    private readonly Random _random;
    private readonly Lock _lock = new();

    public Jitter(Random random)
    {
        _random = random;
    }

    /// <summary>From nothing up to the given time.</summary>
    public TimeSpan UpTo(TimeSpan most)
    {
        lock (_lock)
        {
            return most * _random.NextDouble();
        }
    }

    /// <summary>A random part of a time that doubles with each failure, up to a limit.</summary>
    public TimeSpan Backoff(int failures, TimeSpan first, TimeSpan most)
    {
        double ceiling = Math.Min(most.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        return UpTo(TimeSpan.FromSeconds(ceiling));
    }
}
