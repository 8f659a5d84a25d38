using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.ObjectStore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Counts the store's objects now and then, so that a status costs nothing. Start: at once; stop: between two
/// objects; a store that cannot be listed leaves the number as it was.
/// </summary>
public sealed class StoreCensus : BackgroundService, IRepositoryFacts
{
    // A listing of 100,000 objects takes a second or two.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private readonly IObjectStore _store;
    private readonly RepositoryAccess _access;
    private readonly TimeProvider _clock;
    private readonly ILogger<StoreCensus> _log;
    private long _objects;

    public StoreCensus(string description, IObjectStore store, RepositoryAccess access, TimeProvider clock, ILogger<StoreCensus> log)
    {
        Store = description;
        _store = store;
        _access = access;
        _clock = clock;
        _log = log;
    }

    public string Store { get; }

    public long Objects => Interlocked.Read(ref _objects);

    public long Chunks
    {
        get
        {
            using RepositoryLease lease = _access.Enter();
            return lease.Repository.ChunkCount;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        do
        {
            try
            {
                long objects = 0;
                await foreach (ObjectInfo _ in _store.ListAsync("", stoppingToken))
                {
                    objects++;
                }

                Interlocked.Exchange(ref _objects, objects);
            }
            catch (ObjectStoreException e)
            {
                CatalogLog.NotCounted(_log, e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
