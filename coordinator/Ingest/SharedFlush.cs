namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// Makes everything received so far durable, for all uploads that ask at about the same time with one flush: each
/// flush ends a pack and an index segment, and there must be few of those. Thread-safe.
/// </summary>
internal sealed class SharedFlush
{
    private readonly Func<CancellationToken, Task> _flush;
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private Task? _next;

    public SharedFlush(Func<CancellationToken, Task> flush) => _flush = flush;

    /// <summary>Completes when everything added before the call is durable.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // A flush that has begun may have passed over what the caller added; the one after it has not.
            if (_next is null)
            {
                _next = RunAsync(_running);
            }

            return _next.WaitAsync(cancellationToken);
        }
    }

    private async Task RunAsync(Task before)
    {
        await Task.Yield();
        await before.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        lock (_lock)
        {
            _running = _next!;
            _next = null;
        }

        // Not the token of any one upload: the others wait for the same flush.
        await _flush(CancellationToken.None);
    }
}
