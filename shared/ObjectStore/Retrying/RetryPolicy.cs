using Polly;
using Polly.Retry;

namespace K8sBackup.ObjectStore.Retrying;

/// <summary>
/// Tries again what may help: only <see cref="ObjectStoreError.Unavailable"/>, after a wait drawn from nothing to a bound that
/// doubles (full jitter), so that many who failed at once do not come back at once. Thread-safe.
/// </summary>
public sealed class RetryPolicy
{
    private static readonly ResiliencePropertyKey<long> Start = new("start");

    private readonly RetryOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly Action<string>? _onRetry;
    private readonly Lock _gate = new();
    private readonly ResiliencePipeline _pipeline;

    /// <param name="options">Bounds.</param>
    /// <param name="clock">Measures the budget and waits.</param>
    /// <param name="random">Source of the waits.</param>
    /// <param name="onRetry">Told the operation before each attempt after the first.</param>
    public RetryPolicy(RetryOptions options, TimeProvider clock, Random random, Action<string>? onRetry = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _clock = clock;
        _random = random;
        _onRetry = onRetry;
        ResiliencePipelineBuilder builder = new() { TimeProvider = clock };
        _pipeline = builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = Math.Max(1, options.AttemptsMax - 1),
            ShouldHandle = arguments => ValueTask.FromResult(ShouldRetry(arguments.Outcome.Exception, arguments.Context)),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Delay(arguments.AttemptNumber)),
            OnRetry = arguments =>
            {
                _onRetry?.Invoke(arguments.Context.OperationKey ?? "");
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    /// <summary>Runs the call until it succeeds, fails for good, or attempts or time are used up; then its last exception is thrown.</summary>
    public async Task<T> RunAsync<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(operation, cancellationToken);
        context.Properties.Set(Start, _clock.GetTimestamp());
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (c, run) => await run(c.CancellationToken), context, call);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private bool ShouldRetry(Exception? exception, ResilienceContext context) =>
        exception is ObjectStoreException { Error: ObjectStoreError.Unavailable }
        && _options.AttemptsMax > 1
        && _clock.GetElapsedTime(context.Properties.GetValue(Start, 0)) < _options.Budget;

    private TimeSpan Delay(int retry)
    {
        double bound = Math.Min(_options.DelayMax.TotalSeconds, _options.FirstDelayMax.TotalSeconds * Math.Pow(2, Math.Min(retry, 30)));
        lock (_gate)
        {
            return TimeSpan.FromSeconds(bound * _random.NextDouble());
        }
    }
}
