using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Remembers how far a repository had come. A whole store that somebody put back to an older state is sound in every part, and nothing in it can
/// say so; who remembers a later writer or a later restore point can. It is said, and work goes on: what is there restores. Thread-safe.
/// </summary>
public sealed class StoreMemory : IStatusWarnings
{
    private const string Document = "repository";

    // Long enough that somebody reads it.
    private static readonly TimeSpan SaidFor = TimeSpan.FromDays(30);

    private readonly IStateHome _home;
    private readonly TimeProvider _clock;
    private readonly ILogger<StoreMemory> _log;
    private readonly Lock _gate = new();
    private StoreMark? _mark;

    public StoreMemory(IStateHome home, TimeProvider clock, ILogger<StoreMemory> log)
    {
        _home = home;
        _clock = clock;
        _log = log;
    }

    /// <summary>The repository was opened for writing: compares it with what is remembered.</summary>
    /// <exception cref="ObjectStore.ObjectStoreException">The store cannot be read.</exception>
    public async Task OpenedAsync(RepositoryLease lease, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        string repository = lease.Repository.Config.Id.ToString();
        long generation = lease.Writer.Generation;
        StoreMark? known = Read() is { } mark && mark.Repository == repository ? mark : null;
        string? putBack = known is null
            ? null
            : generation <= known.Generation
                ? $"its writer is number {generation}, and there had been number {known.Generation}"
                : known.Newest is { } newest && !await IsThereAsync(lease, newest, cancellationToken)
                    ? $"the newest restore point there had been, {newest}, is gone"
                    : null;
        if (putBack is not null)
        {
            CatalogLog.PutBack(_log, putBack);
        }

        Keep(putBack is not null
            ? new StoreMark(repository, generation, null, _clock.GetUtcNow(), putBack)
            : known is null ? new StoreMark(repository, generation, null) : known with { Generation = generation });
    }

    /// <summary>A restore point was committed.</summary>
    public void Committed(RestorePointManifest point)
    {
        ArgumentNullException.ThrowIfNull(point);
        lock (_gate)
        {
            if (_mark is { } mark)
            {
                Keep(mark with { Newest = point.Id });
            }
        }
    }

    public Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<string>>(_mark is { PutBackAt: { } at, PutBack: { } what } && (_clock.GetUtcNow() - at).Duration() < SaidFor
                ? [$"On {at:yyyy-MM-dd} the store was older than what had been in it: {what}. Unless you put it back yourself, or began to use a copy, find out who did."]
                : []);
        }
    }

    private static async Task<bool> IsThereAsync(RepositoryLease lease, RestorePointId point, CancellationToken cancellationToken)
    {
        try
        {
            return await lease.Repository.Catalog.GetRestorePointAsync(point, cancellationToken) is not null;
        }
        catch (RepositoryCorruptException)
        {
            // Damaged is there; the check names it.
            return true;
        }
    }

    private StoreMark? Read()
    {
        try
        {
            return _home.Read<StoreMark>(Document);
        }
        catch (InvalidDataException e)
        {
            CatalogLog.NotRemembered(_log, e.Message);
            return null;
        }
    }

    private void Keep(StoreMark mark)
    {
        lock (_gate)
        {
            _mark = mark;
            try
            {
                _home.Write(Document, mark);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                CatalogLog.NotRemembered(_log, e.Message);
            }
        }
    }
}
