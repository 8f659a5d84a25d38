using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.State;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// Follows the plans' schedules. However many occurrences passed since the last look (a restart, a suspended machine),
/// at most one run is started. The marks are the document <c>schedules</c>; without it, for a new plan, after a change of
/// schedule and while paused, following begins now and nothing is made up for. Stops between two looks.
/// </summary>
public sealed class RunScheduler : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Later than this an occurrence counts as missed: the loop looks every second, even on a busy machine.
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    private const string Document = "schedules";

    private readonly IStateHome _home;
    private readonly IPlans _plans;
    private readonly RunEngine _engine;
    private readonly RunStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<RunScheduler> _log;
    private readonly Dictionary<string, ScheduleMark> _marks;

    public RunScheduler(IStateHome home, IPlans plans, RunEngine engine, RunStore store, TimeProvider clock, ILogger<RunScheduler> log)
    {
        ArgumentNullException.ThrowIfNull(home);
        _home = home;
        _plans = plans;
        _engine = engine;
        _store = store;
        _clock = clock;
        _log = log;
        _marks = home.Read<Dictionary<string, ScheduleMark>>(Document) ?? [];
    }

    /// <summary>One look at every plan.</summary>
    internal void Look()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        bool changed = false;
        IReadOnlyList<BackupPlan> plans = _plans.Current.Plans;
        foreach (BackupPlan plan in plans)
        {
            changed |= plan.Schedule is { } schedule && !plan.Paused ? Follow(plan, schedule, now) : _marks.Remove(plan.Name);
        }

        foreach (string gone in _marks.Keys.Except(plans.Select(p => p.Name)).ToArray())
        {
            changed |= _marks.Remove(gone);
        }

        if (changed)
        {
            Save();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        do
        {
            Look();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool Follow(BackupPlan plan, CronSchedule schedule, DateTimeOffset now)
    {
        string key = $"{schedule.Text} {plan.TimeZone}";
        if (_marks.GetValueOrDefault(plan.Name) is not { } mark || mark.Schedule != key)
        {
            _marks[plan.Name] = new ScheduleMark(key, now);
            return true;
        }

        if (mark.FollowedUntil > now)
        {
            // The clock went back; the schedule is followed from there. Otherwise nothing would be backed up until it is that late again.
            _marks[plan.Name] = mark with { FollowedUntil = now };
            return true;
        }

        DateTimeOffset due = schedule.NextAfter(mark.FollowedUntil);
        if (due > now)
        {
            return false;
        }

        // The run is recorded before the mark: after a crash in between, the record shows that this was handled. One of a time to come shows nothing.
        if ((_store.LatestWholeOf(plan.Name)?.StartedAt is not { } started || started < due || started > now) && !TryRun(plan, due, now))
        {
            return false;
        }

        _marks[plan.Name] = new ScheduleMark(key, now);
        return true;
    }

    /// <summary>Starts the run or skips it for a reason; false when it is to be tried again at the next look.</summary>
    private bool TryRun(BackupPlan plan, DateTimeOffset due, DateTimeOffset now)
    {
        bool missed = now - due > Late;
        if (missed && !plan.CatchUp)
        {
            RunLog.Missed(_log, plan.Name, due);
            return true;
        }

        try
        {
            RunStart start = _engine.Start(plan, missed ? "catch-up" : "schedule", RequestId(plan, due));
            if (start is { Conflict: true, Run.AfterChange: true })
            {
                // Small, and over soon.
                return false;
            }

            if (start.Conflict)
            {
                RunLog.Overlap(_log, plan.Name, due, start.Run.Id.ToString());
                _engine.Note(start.Run.Id, $"The plan was due again at {due:u} and was skipped, because this run was going on.");
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RunLog.StartFailed(_log, plan.Name, e);
            return false;
        }
    }

    // The same for the same time, whoever follows the schedule.
    private static string RequestId(BackupPlan plan, DateTimeOffset due) => FormattableString.Invariant($"{plan.Name}-{due.UtcDateTime:yyyyMMddHHmm}");

    private void Save()
    {
        try
        {
            _home.Write(Document, new Dictionary<string, ScheduleMark>(_marks));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Sound without: an occurrence handled is also seen from the run records.
            RunLog.MarksNotSaved(_log, e);
        }
    }
}
