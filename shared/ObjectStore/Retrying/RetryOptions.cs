namespace K8sBackup.ObjectStore.Retrying;

/// <summary>How long a store that does not answer is asked again.</summary>
/// <param name="AttemptsMax">Attempts in all.</param>
/// <param name="Budget">No attempt begins later than this after the first.</param>
public sealed record RetryOptions(int AttemptsMax, TimeSpan Budget)
{
    /// <summary>Enough for a gateway that restarts or a burst of SlowDown, and a clean failure within minutes.</summary>
    public static RetryOptions Default { get; } = new(10, TimeSpan.FromMinutes(3));

    /// <summary>Longest wait before the second attempt; it doubles with each.</summary>
    public TimeSpan FirstDelayMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait before any attempt.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(20);
}
