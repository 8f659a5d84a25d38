using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Checking;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Checks the repository at regular times. Each time reads a share of the data, what was read the longest ago first, and whatever would
/// otherwise not be read once in the configured period. When the last check began is the document <c>checks</c>, so that restarts neither put
/// checks off nor repeat them. Start: the first check ever comes soon; stop: in the middle of a check, which loses what it read since it began.
/// </summary>
internal sealed class ScheduledCheck : BackgroundService
{
    private const string Document = "checks";

    // After a start, agents that come back have the store to themselves first.
    private static readonly TimeSpan StartDelay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromHours(1);

    private readonly Recurrence _recurrence;
    private readonly RepositoryCheck _check;
    private readonly CheckSchedule _schedule;
    private readonly TimeProvider _clock;
    private readonly ILogger<ScheduledCheck> _log;

    public ScheduledCheck(IStateHome home, RepositoryCheck check, CheckSchedule schedule, TimeProvider clock, ILogger<ScheduledCheck> log)
    {
        _recurrence = new Recurrence(home, Document, schedule.Every, StartDelay, clock);
        _check = check;
        _schedule = schedule;
        _clock = clock;
        _log = log;
    }

    /// <summary>Share of the data for one check; more when checks were missed.</summary>
    internal static double PercentFor(CheckSchedule schedule, TimeSpan sinceLast) =>
        schedule.ReadDataWithin <= TimeSpan.Zero ? 0 : Math.Clamp(100 * (sinceLast / schedule.ReadDataWithin), 0, 100);

    /// <summary>Runs a check when one is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        if (!_recurrence.IsDue(out TimeSpan? sinceLast))
        {
            return;
        }

        DateTimeOffset began = _clock.GetUtcNow();
        if (await TryRunAsync(PercentFor(_schedule, sinceLast ?? _schedule.Every), cancellationToken))
        {
            _recurrence.Done(began);
        }
        else
        {
            _recurrence.PutOff(RetryDelay);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _recurrence.RunAsync(LookAsync, stoppingToken);

    private async Task<bool> TryRunAsync(double percent, CancellationToken cancellationToken)
    {
        try
        {
            // Whatever is not read now is read by the next check in time.
            TimeSpan? olderThan = percent > 0 ? _schedule.ReadDataWithin - _schedule.Every : null;
            if (await _check.RunScheduledAsync(percent, olderThan, cancellationToken) is not { } report)
            {
                return false;
            }

            CatalogLog.ScheduledCheckEnded(_log, report.ProblemCount, report.PacksRead, report.PacksEverRead, report.Packs);
            foreach (CheckProblem problem in report.Problems)
            {
                CatalogLog.ProblemFound(
                    _log, problem.ObjectName, problem.Detail, problem.PathCount, string.Join(", ", problem.RestorePoints.Select(p => p.ToString())));
            }

            return true;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e) || e is BackupException)
        {
            CatalogLog.ScheduledCheckFailed(_log, e.Message);
            return false;
        }
    }
}
