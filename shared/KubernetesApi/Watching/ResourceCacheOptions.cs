namespace K8sBackup.KubernetesApi.Watching;

/// <summary>Bounds of a cache.</summary>
public sealed record ResourceCacheOptions
{
    /// <summary>More objects than this are refused: a cluster has at most 150,000 pods.</summary>
    public int ItemsMax { get; init; } = 200_000;

    /// <summary>A watch ends after this, and a random part of it more, so that not all end together.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(800);

    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);
}
