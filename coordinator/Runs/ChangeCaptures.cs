using System.Collections.Concurrent;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// Starts small runs when an agent says that files below /etc/kubernetes changed: the control-plane source of that node and
/// nothing else, for each plan with a schedule that is not paused and does not say otherwise. One run of a plan and node in
/// <see cref="PauseMin"/> at most; one that has to wait is started later, unless another run took the source meanwhile.
/// What waits is in memory: agents say it again in every new session until the state is captured.
/// </summary>
public sealed class ChangeCaptures : BackgroundService
{
    /// <summary>A node whose files change all the time makes no more runs than this allows.</summary>
    public static TimeSpan PauseMin => TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IPlans _plans;
    private readonly NodeRegistry _nodes;
    private readonly RunEngine _engine;
    private readonly RunStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<ChangeCaptures> _log;

    // By plan and node, and so bounded by them.
    private readonly ConcurrentDictionary<(string Plan, string Node), DateTimeOffset> _waiting = new();

    public ChangeCaptures(
        IPlans plans, NodeRegistry nodes, RunEngine engine, RunStore store, TimeProvider clock, ILogger<ChangeCaptures> log)
    {
        _plans = plans;
        _nodes = nodes;
        nodes.FilesChanged += Changed;
        _engine = engine;
        _store = store;
        _clock = clock;
        _log = log;
    }

    /// <summary>Notes that a node's files changed. Any thread.</summary>
    public void Changed(string node)
    {
        foreach (BackupPlan plan in _plans.Current.Plans.Where(plan => plan is { Schedule: not null, Paused: false } && RunResolver.CapturesChanges(plan, _nodes.Find(node))))
        {
            _waiting.TryAdd((plan.Name, node), _clock.GetUtcNow());
        }
    }

    /// <summary>One look at what waits.</summary>
    internal void Look()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        foreach (((string Plan, string Node) key, DateTimeOffset since) in _waiting)
        {
            if (_plans.Current.Find(key.Plan) is not { Paused: false } plan
                || !RunResolver.CapturesChanges(plan, _nodes.Find(key.Node))
                || Began(key, since, now).Any())
            {
                _waiting.TryRemove(key, out _);
            }
            else if (!Began(key, now - PauseMin, now).Any(run => run.AfterChange && run.StartedAt > now - PauseMin))
            {
                Start(plan, key);
            }
        }
    }

    public override void Dispose()
    {
        _nodes.FilesChanged -= Changed;
        base.Dispose();
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

    // A run of a time to come began before the clock was set back, and nobody knows when.
    private IEnumerable<RunRecord> Began((string Plan, string Node) key, DateTimeOffset from, DateTimeOffset now) =>
        _store.List().Where(run => run.Plan == key.Plan && run.StartedAt >= from && run.StartedAt <= now && Takes(run, key.Node));

    private static bool Takes(RunRecord run, string node) =>
        run.Sources.Any(source => source.Source.Node == node && source.Source.Kind == Model.Ids.SourceKind.ControlPlaneFiles);

    private void Start(BackupPlan plan, (string Plan, string Node) key)
    {
        try
        {
            // A run of the plan that goes on is waited for.
            if (!_engine.StartAfterChange(plan, key.Node).Conflict)
            {
                _waiting.TryRemove(key, out _);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RunLog.StartFailed(_log, plan.Name, e);
        }
    }
}
