using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.Opening;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Opens the repository before anything else starts, and stops the host when another coordinator takes it over.
/// Start: a repository that cannot be opened keeps the host from starting. Stop: nothing; what was not committed is
/// as after a crash.
/// </summary>
internal sealed class RepositoryStart : IHostedService
{
    // No run is given up later than this, so what it left behind is of no use.
    private static readonly TimeSpan LedgerAgeMax = TimeSpan.FromDays(7);

    private readonly OpenedStore _store;
    private readonly RepositoryAccess _access;
    private readonly StoreMemory _memory;
    private readonly UploadServices _uploads;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _clock;
    private readonly ILogger<RepositoryStart> _log;

    public RepositoryStart(
        OpenedStore store,
        RepositoryAccess access,
        StoreMemory memory,
        UploadServices uploads,
        IHostApplicationLifetime lifetime,
        TimeProvider clock,
        ILogger<RepositoryStart> log)
    {
        _store = store;
        _access = access;
        _memory = memory;
        _uploads = uploads;
        _lifetime = lifetime;
        _clock = clock;
        _log = log;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (string warning in _store.Warnings)
        {
            CatalogLog.StoreWarning(_log, warning);
        }

        _access.TakenOver += () =>
        {
            CatalogLog.TakenOver(_log);
            _lifetime.StopApplication();
        };
        try
        {
            await _access.OpenAsync(cancellationToken);
            using RepositoryLease lease = _access.Enter();
            await _memory.OpenedAsync(lease, cancellationToken);
        }
        catch (ObjectStoreException e) when (!e.IsPermanent)
        {
            throw new StartLaterException($"The repository cannot be opened now: {e.Message}", e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw new InvalidDataException($"The repository cannot be opened: {e.Message}", e);
        }

        UploadLedger.RemoveOlderThan(_uploads.LedgerDirectory, _clock.GetUtcNow() - LedgerAgeMax);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
