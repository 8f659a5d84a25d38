using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Plans;

/// <summary>
/// Reads the plan directory at start and every few seconds. Polling rather than change notices: those miss atomic
/// renames of mounted configuration and changes on network file systems. Stops between two readings.
/// </summary>
public sealed class PlanWatcher : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly PlanDirectory _plans;
    private readonly TimeProvider _clock;
    private readonly ILogger<PlanWatcher> _log;

    public PlanWatcher(PlanDirectory plans, TimeProvider clock, ILogger<PlanWatcher> log)
    {
        _plans = plans;
        _clock = clock;
        _log = log;
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything asks for plans.
        Reload();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Reload();
        }
    }

    private void Reload()
    {
        if (!_plans.Reload())
        {
            return;
        }

        PlanSet plans = _plans.Current;
        PlanLog.Loaded(_log, plans.Plans.Count, string.Join(", ", plans.Plans.Select(p => p.Name)));
        foreach (PlanFault fault in plans.Faults)
        {
            PlanLog.Fault(_log, fault.File, fault.Line, fault.Reason, fault.LastGoodInForce ? "the last good version stays in force" : "it is not in force");
        }
    }
}
