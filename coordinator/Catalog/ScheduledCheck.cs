using K8sBackup.Coordinator.Hosting;
using K8sBackup.Repository.Checking;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Checks the repository at regular times, each time reading so much of the data, what was read the longest ago first, that everything is
/// read once in the configured period. Start: the first check comes one interval after the start; stop: in the middle of a check, which
/// loses what it read since it began.
/// </summary>
internal sealed class ScheduledCheck : BackgroundService
{
    private readonly RepositoryCheck _check;
    private readonly CheckSchedule _schedule;
    private readonly TimeProvider _clock;
    private readonly ILogger<ScheduledCheck> _log;

    public ScheduledCheck(RepositoryCheck check, CheckSchedule schedule, TimeProvider clock, ILogger<ScheduledCheck> log)
    {
        _check = check;
        _schedule = schedule;
        _clock = clock;
        _log = log;
    }

    /// <summary>Share of the data for one check; more when checks were missed.</summary>
    internal static double PercentFor(CheckSchedule schedule, TimeSpan sinceLast) =>
        schedule.ReadDataWithin <= TimeSpan.Zero ? 0 : Math.Min(100, 100 * (sinceLast / schedule.ReadDataWithin));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_schedule.Every <= TimeSpan.Zero)
        {
            return;
        }

        long last = _clock.GetTimestamp();
        using PeriodicTimer timer = new(_schedule.Every, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            long begin = _clock.GetTimestamp();
            if (await TryRunAsync(PercentFor(_schedule, _clock.GetElapsedTime(last, begin)), stoppingToken))
            {
                last = begin;
            }
        }
    }

    private async Task<bool> TryRunAsync(double percent, CancellationToken cancellationToken)
    {
        try
        {
            CheckReport? report = await _check.RunScheduledAsync(percent, cancellationToken);
            if (report is null)
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
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            CatalogLog.ScheduledCheckFailed(_log, e.Message);
            return false;
        }
    }
}
