using K8sBackup.Coordinator.Ingest;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>One writer with everybody who uses it; ends when it is retired and the last has left.</summary>
internal sealed class RepositoryGeneration
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _users;
    private bool _retired;

    public RepositoryGeneration(RepositoryWriter writer)
    {
        Writer = writer;
        Flush = new SharedFlush(writer.FlushAsync);
    }

    public RepositoryWriter Writer { get; }

    public SharedFlush Flush { get; }

    /// <summary>Why the writer is used up; null while it is not.</summary>
    public Exception? Failure { get; private set; }

    public RepositoryLease Lease(RepositoryAccess access)
    {
        lock (_lock)
        {
            _users++;
        }

        return new RepositoryLease(access, this);
    }

    /// <summary>True for the first failure.</summary>
    public bool Fail(Exception failure)
    {
        lock (_lock)
        {
            bool first = Failure is null;
            Failure ??= failure;
            return first;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _users--;
        }

        _ = EndIfUnusedAsync();
    }

    /// <summary>Lets go of the writer as soon as nobody uses it; does not wait for that.</summary>
    public Task RetireAsync()
    {
        lock (_lock)
        {
            _retired = true;
        }

        return EndIfUnusedAsync();
    }

    private async Task EndIfUnusedAsync()
    {
        lock (_lock)
        {
            if (!_retired || _users > 0 || !_ended.TrySetResult())
            {
                return;
            }
        }

        await Writer.DisposeAsync();
    }
}
