using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>Whether, and how long after, a failed attempt is repeated. Thread-safe.</summary>
internal sealed class RetryPolicy
{
    private readonly KubernetesClientOptions _options;
    private readonly Jitter _jitter;

    public RetryPolicy(KubernetesClientOptions options, Random random)
    {
        _options = options;
        _jitter = new Jitter(random);
    }

    /// <param name="failure">What went wrong.</param>
    /// <param name="attempt">Attempts made, one at least.</param>
    /// <param name="isRepeatable">Doing it twice is the same as once.</param>
    /// <param name="wasSent">The server may have seen the request.</param>
    public TimeSpan? PauseAfter(KubernetesException failure, int attempt, bool isRepeatable, bool wasSent)
    {
        if (attempt >= _options.AttemptsMax || !MayRepeat(failure, isRepeatable, wasSent))
        {
            return null;
        }

        TimeSpan jitter = _jitter.Backoff(attempt, _options.BackoffMin, _options.BackoffMax);
        if (failure.RetryAfter is not { } asked)
        {
            return jitter;
        }

        // On top of what was asked for, so that not everybody comes back at the same moment.
        return asked <= _options.RetryAfterMax ? asked + jitter : null;
    }

    // A server that answers 429, or any trouble with Retry-After, did not carry the request out.
    private static bool MayRepeat(KubernetesException failure, bool isRepeatable, bool wasSent) => failure.Failure switch
    {
        KubernetesFailure.TooManyRequests => true,
        KubernetesFailure.ServerError => isRepeatable || failure.RetryAfter is not null,
        KubernetesFailure.Unreachable => isRepeatable || !wasSent,
        _ => false,
    };
}
