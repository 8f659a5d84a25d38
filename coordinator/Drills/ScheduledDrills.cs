using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Drills;

/// <summary>
/// Holds drills without being asked: each round the newest etcd snapshot, an older one by chance, and samples of the newest point's other
/// sources. When the last round began is the document <c>drills</c>; a round of which nothing could be held is tried again soon. Rounds are put
/// off by up to a tenth of the interval, each by another part of it, so that clusters do not keep step. Start: the first round ever comes
/// soon after the first restore point; stop: in the middle of a round, which is forgotten.
/// </summary>
public sealed class ScheduledDrills : BackgroundService
{
    private const string Document = "drills";

    private const int FileSourcesMax = 4;
    private const double JitterPart = 0.1;

    private static readonly TimeSpan StartDelay = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromHours(3);

    private readonly Recurrence _recurrence;
    private readonly RepositoryAccess _access;
    private readonly DrillPlanner _planner;
    private readonly DrillEngine _engine;
    private readonly DrillSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<ScheduledDrills> _log;

    public ScheduledDrills(
        IStateHome home, RepositoryAccess access, DrillPlanner planner, DrillEngine engine, DrillSettings settings, TimeProvider clock, ILogger<ScheduledDrills> log)
    {
        _recurrence = new Recurrence(home, Document, settings.Every, StartDelay, clock) { JitterPart = JitterPart };
        _access = access;
        _planner = planner;
        _engine = engine;
        _settings = settings;
        _clock = clock;
        _log = log;
    }

    /// <summary>Why the last round could not be held; null when it was, or none was tried.</summary>
    public string? Trouble { get; private set; }

    /// <summary>When the next round is due; null when none is held by schedule.</summary>
    public DateTimeOffset? Due => _recurrence.Due;

    /// <summary>Holds a round when one is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!_recurrence.IsDue(out _))
        {
            return;
        }

        DateTimeOffset began = _clock.GetUtcNow();
        (bool isHeld, Trouble) = await TryRoundAsync(new Random(began.GetHashCode()), cancellationToken);
        if (!isHeld && Trouble is null)
        {
            // There is no restore point yet.
            _recurrence.PutOff(StartDelay);
        }
        else if (Trouble is null)
        {
            _recurrence.Done(began);
        }
        else
        {
            DrillLog.NoRound(_log, Trouble);
            _recurrence.PutOff(RetryDelay);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _recurrence.RunAsync(LookAsync, stoppingToken);

    // Held, or why not; neither when there is nothing to hold it with yet.
    private async Task<(bool IsHeld, string? Trouble)> TryRoundAsync(Random random, CancellationToken cancellationToken)
    {
        try
        {
            List<DrillCase> drills = await PlanAsync(random, cancellationToken);
            DrillCase[] ended = await Task.WhenAll(drills.Select(_engine.Enqueue)).WaitAsync(cancellationToken);
            bool isHeld = ended.Any(d => d.State != DrillState.NotHeld);
            return (isHeld, isHeld || ended.Length == 0 ? null : ended[0].Failure?.ToString() ?? "");
        }
        catch (BackupException e)
        {
            return (false, e.Failure.ToString());
        }
    }

    private async Task<List<DrillCase>> PlanAsync(Random random, CancellationToken cancellationToken)
    {
        (RestorePointManifest? newest, RestorePointManifest? withEtcd, RestorePointManifest? older) = await ChooseAsync(random, cancellationToken);
        List<DrillCase> drills = [];
        foreach (RestorePointManifest point in new[] { withEtcd, older }.OfType<RestorePointManifest>())
        {
            drills.AddRange(await _planner.PlanAsync(point, s => s.Kind == SourceKind.Etcd, "", Started, cancellationToken));
        }

        if (_settings.Files && newest is not null)
        {
            SourceKey[] sources = [.. newest.Sources.Where(s => s.Snapshot is not null && s.Source.Kind != SourceKind.Etcd).Select(s => s.Source)];
            random.Shuffle(sources);
            HashSet<SourceKey> chosen = [.. sources.Take(FileSourcesMax)];
            drills.AddRange(await _planner.PlanAsync(newest, chosen.Contains, "", Started, cancellationToken));
        }

        return drills;
    }

    private const string Started = "schedule";

    // Of the older points with etcd each has the same chance, and only one is in memory.
    private async Task<(RestorePointManifest? Newest, RestorePointManifest? WithEtcd, RestorePointManifest? Older)> ChooseAsync(
        Random random, CancellationToken cancellationToken)
    {
        RestorePointManifest? newest = null, withEtcd = null, older = null;
        int seen = 0;
        try
        {
            using RepositoryLease lease = _access.Enter();
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                newest ??= entry.Manifest is { AfterChange: false } whole ? whole : null;
                if (entry.Manifest is not { } point || !point.Sources.Any(s => s.Snapshot is not null && s.Source.Kind == SourceKind.Etcd))
                {
                    continue;
                }

                if (withEtcd is null)
                {
                    withEtcd = point;
                }
                else if (random.Next(++seen) == 0)
                {
                    older = point;
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        return (newest, withEtcd, older);
    }
}
