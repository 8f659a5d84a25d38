using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Retention;

/// <summary>
/// Prunes by schedule and compacts the index in between. A prune that was due while the coordinator was down is not made up for. Start: at
/// once, so that nothing is due before plans are read; stop: between two objects of the store.
/// </summary>
public sealed class PruneScheduler : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // A flush every 30 seconds makes 20 segments in this time.
    private static readonly TimeSpan CompactionInterval = TimeSpan.FromMinutes(10);

    private readonly PruneService _prune;
    private readonly PruneSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<PruneScheduler> _log;
    private DateTimeOffset _followedUntil;
    private long _compactedAt;

    public PruneScheduler(PruneService prune, PruneSettings settings, TimeProvider clock, ILogger<PruneScheduler> log)
    {
        _prune = prune;
        _settings = settings;
        _clock = clock;
        _log = log;
        _followedUntil = clock.GetUtcNow();
        _compactedAt = clock.GetTimestamp();
    }

    /// <summary>Does what is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (_settings.Schedule is { } schedule && schedule.NextAfter(_followedUntil) <= now)
        {
            PruneOrder order = new("schedule", _settings.Options);
            if (await HasTurnAsync(() => _prune.RunAsync(order, null, cancellationToken), RetentionLog.Failed))
            {
                _followedUntil = now;
            }
        }
        else if (now < _followedUntil)
        {
            // The clock went back; the schedule is followed from there.
            _followedUntil = now;
        }

        if (_clock.GetElapsedTime(_compactedAt) >= CompactionInterval)
        {
            _compactedAt = _clock.GetTimestamp();
            await HasTurnAsync(() => _prune.CompactAsync(cancellationToken), RetentionLog.NotCompacted);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }

    // False while a check goes on, or what an operator started: it stays due.
    private async Task<bool> HasTurnAsync(Func<Task> work, Action<ILogger, string> failed)
    {
        try
        {
            await work();
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.TargetInUse)
        {
            return false;
        }
        catch (BackupException e)
        {
            failed(_log, e.Failure.ToString());
        }

        return true;
    }
}
