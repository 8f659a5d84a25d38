using K8sBackup.ObjectStore;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>What the steps of one prune share.</summary>
internal sealed class PruneContext
{
    private const int DeleteAttemptsMax = 3;
    private const int ObstaclesMax = 100;

    private readonly Lock _gate = new();
    private readonly List<PruneObstacle> _obstacles = [];
    private readonly IProgress<PruneProgress>? _progress;

    public PruneContext(RepositoryWriter writer, PruneOptions options, TimeProvider clock, IProgress<PruneProgress>? progress)
    {
        Writer = writer;
        Options = options;
        Clock = clock;
        Begin = new ClockAnchor(clock.GetUtcNow(), clock.GetTimestamp());
        _progress = progress;
    }

    public RepositoryWriter Writer { get; }

    public OpenRepository Repository => Writer.Repository;

    public IObjectStore Store => Writer.Repository.Store;

    public PruneOptions Options { get; }

    public TimeProvider Clock { get; }

    /// <summary>What the clocks said when the prune began: this is judged, and nothing later is read from the wall clock.</summary>
    public ClockAnchor Begin { get; }

    /// <summary>The time of day, by what was judged: a wall clock that jumps during the prune does not come into it.</summary>
    public DateTimeOffset Now => Begin.Wall + Clock.GetElapsedTime(Begin.Timestamp);

    public IReadOnlyList<PruneObstacle> Obstacles
    {
        get
        {
            lock (_gate)
            {
                return [.. _obstacles];
            }
        }
    }

    public void Meet(PruneObstacleKind kind, string detail)
    {
        lock (_gate)
        {
            if (_obstacles.Count < ObstaclesMax)
            {
                _obstacles.Add(new PruneObstacle(kind, detail));
            }
        }
    }

    public void Report(string phase, long done, long total, long bytes = 0) => _progress?.Report(new PruneProgress(phase, done, total, bytes));

    /// <summary>Deletes an object of a repository that is still this writer's; says what became of it.</summary>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    public async Task<DeleteOutcome> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            await Writer.Lease.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
            try
            {
                await Store.DeleteAsync(name, cancellationToken);
                return DeleteOutcome.Deleted;
            }
            catch (ObjectStoreException e) when (e.Error is ObjectStoreError.PermissionDenied or ObjectStoreError.Retained)
            {
                return DeleteOutcome.Locked;
            }
            catch (ObjectStoreException e)
            {
                if (e.IsPermanent || attempt == DeleteAttemptsMax)
                {
                    Meet(PruneObstacleKind.Store, e.Message);
                    return DeleteOutcome.Failed;
                }
            }
        }
    }
}
