using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.ObjectStore.Retrying;

/// <summary>Tries retention calls again; both may be repeated without harm.</summary>
internal sealed class RetryingRetention : IObjectRetention
{
    private readonly IObjectRetention _inner;
    private readonly RetryPolicy _policy;

    public RetryingRetention(IObjectRetention inner, RetryPolicy policy)
    {
        _inner = inner;
        _policy = policy;
    }

    public DateTimeOffset Now => _inner.Now;

    public Task<DateTimeOffset?> RetainedUntilAsync(string name, CancellationToken cancellationToken) =>
        _policy.RunAsync("retention", token => _inner.RetainedUntilAsync(name, token), cancellationToken);

    public Task ExtendAsync(string name, DateTimeOffset until, CancellationToken cancellationToken) =>
        _policy.RunAsync(
            "retention",
            async token =>
            {
                await _inner.ExtendAsync(name, until, token);
                return true;
            },
            cancellationToken);
}
