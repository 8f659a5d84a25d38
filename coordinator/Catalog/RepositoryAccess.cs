using K8sBackup.Model.Invariants;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// The one repository of this coordinator. A writer is used up by its first failed write, a full store for example;
/// the next one that wants to write then gets a new writer, while those who still read by the old one finish in peace.
/// A writer that another coordinator replaced is not replaced back: <see cref="TakenOver"/> is raised instead.
/// Thread-safe.
/// </summary>
public sealed class RepositoryAccess : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly RepositoryWriterOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly Lock _lock = new();
    private RepositoryGeneration? _current;

    /// <summary>Does not own the store or the keys.</summary>
    public RepositoryAccess(IObjectStore store, MasterKeys keys, RepositoryWriterOptions options, TimeProvider clock, ILogger log)
    {
        _store = store;
        _keys = keys;
        _options = options;
        _clock = clock;
        _log = log;
    }

    /// <summary>Raised once, when another coordinator has become the writer.</summary>
    public event Action? TakenOver;

    /// <summary>Takes over as the writer and reads the index. Needed before anything else.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        RepositoryWriter writer = await RepositoryWriter.OpenAsync(_store, _keys, _options, _clock, cancellationToken);
        RepositoryGeneration? former;
        lock (_lock)
        {
            former = _current;
            _current = new RepositoryGeneration(writer);
        }

        CatalogLog.Opened(_log, writer.Generation, writer.Repository.ChunkCount, writer.Repository.DamagedIndexSegments.Count);
        if (former is not null)
        {
            await former.RetireAsync();
        }
    }

    /// <summary>The repository as it is, for reading. Dispose the lease when done.</summary>
    public RepositoryLease Enter()
    {
        lock (_lock)
        {
            Invariant.Check(_current is not null);
            return _current.Lease(this);
        }
    }

    /// <summary>The repository with a writer that has not failed.</summary>
    /// <exception cref="BackupException">There is none to be had: the store fails, or is another coordinator's now.</exception>
    public async Task<RepositoryLease> EnterToWriteAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            RepositoryLease lease = Enter();
            if (lease.Failure is null)
            {
                return lease;
            }

            Exception failure = lease.Failure;
            lease.Dispose();
            if (failure is WriterFencedException)
            {
                throw StoreFailures.ToBackupException(failure);
            }

            await OpenAsync(cancellationToken);
            return Enter();
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
        finally
        {
            _opening.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        RepositoryGeneration? current;
        lock (_lock)
        {
            current = _current;
            _current = null;
        }

        if (current is not null)
        {
            await current.RetireAsync();
        }

        _opening.Dispose();
    }

    internal void NoteFailure(Exception failure)
    {
        CatalogLog.WriterFailed(_log, failure.Message);
        if (failure is WriterFencedException)
        {
            TakenOver?.Invoke();
        }
    }
}
