using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Begins the runs Backup objects ask for, and lets their status follow. The id of a run is in the status before the run
/// begins, so that whoever goes on after a death begins no second one. One caller.
/// </summary>
internal sealed class BackupReconciler
{
    /// <summary>On objects made for runs that began without one: the run's id.</summary>
    public const string RunAnnotation = "k8sbackup.dev/run";

    private readonly RunEngine _engine;
    private readonly RunStore _runs;
    private readonly IPlans _plans;
    private readonly WorkBoard _board;
    private readonly StatusWriter<BackupResource> _writer;
    private readonly EventRecorder _events;
    private readonly TimeProvider _clock;

    public BackupReconciler(
        RunEngine engine, RunStore runs, IPlans plans, WorkBoard board, StatusWriter<BackupResource> writer, EventRecorder events, TimeProvider clock)
    {
        _engine = engine;
        _runs = runs;
        _plans = plans;
        _board = board;
        _writer = writer;
        _events = events;
        _clock = clock;
    }

    /// <summary>One look at one object.</summary>
    public async Task ReconcileAsync(BackupResource backup, RunIndex index, CancellationToken cancellationToken)
    {
        if (ResourcePhase.IsOver(backup.Status.Phase))
        {
            return;
        }

        if (index.RunOf(backup) is { } run)
        {
            await FollowAsync(backup, run, cancellationToken);
        }
        else if (backup.Metadata.DeletionTimestamp is null)
        {
            await BeginAsync(backup, cancellationToken);
        }
    }

    private async Task FollowAsync(BackupResource backup, RunRecord run, CancellationToken cancellationToken)
    {
        if (backup.Spec.Cancel && run is { IsOver: false, CancelledBy: null })
        {
            _engine.Cancel(run.Id, By(backup));
        }

        BackupStatus status = BackupStatuses.Of(backup, run, ProgressOf(run), _clock.GetUtcNow());
        bool isTurn = status.Phase != backup.Status.Phase;
        BackupResource after = await _writer.WriteAsync(backup, backup with { Status = status }, isTurn, cancellationToken);
        if (isTurn && after.Status.Phase == status.Phase)
        {
            await TellAsync(after, run, cancellationToken);
        }
    }

    private Task TellAsync(BackupResource backup, RunRecord run, CancellationToken cancellationToken)
    {
        string sentence = backup.Status.Conditions.FirstOrDefault(c => c.Type == ResourcePhase.Completed)?.Message ?? "";
        return run.State switch
        {
            RunState.Running => _events.NormalAsync(backup, "Started", $"Run {run.Id} with {run.Sources.Count} sources began.", cancellationToken),
            RunState.Completed => _events.NormalAsync(backup, "Completed", $"Restore point {run.Point}. {sentence}", cancellationToken),
            var state => _events.WarnAsync(
                backup, state.ToString(), run.PointCommitted ? $"Restore point {run.Point} is incomplete. {sentence}" : $"There is no restore point. {sentence}", cancellationToken),
        };
    }

    private async Task BeginAsync(BackupResource backup, CancellationToken cancellationToken)
    {
        (BackupPlan? plan, string phase, string reason, string message) = backup switch
        {
            { Spec.Cancel: true } => (null, ResourcePhase.Cancelled, "Cancelled", "It was cancelled before it began."),
            { Status.Phase: ResourcePhase.Running } => (null, ResourcePhase.Failed, "RecordLost", "The record of its run is lost. Restore points that were made are listed by 'k8sbackup point list'."),
            { Status.Run.Length: 0, Metadata.Annotations: var notes } when notes.ContainsKey(RunAnnotation) =>
                (null, ResourcePhase.Failed, "RecordLost", "There is no record of the run it was made for."),
            _ => PlanOf(backup),
        };
        if (plan is not null && _engine.ActiveOf(plan.Name) is { } active)
        {
            (plan, phase, reason, message) = (null, ResourcePhase.Pending, "Waiting", $"Run {active.Id} of the plan goes on; this one begins after it.");
        }

        if (plan is null)
        {
            BackupStatus status = BackupStatuses.Waiting(backup, phase, reason, message, _clock.GetUtcNow());
            await _writer.WriteAsync(backup, backup with { Status = status }, status.Phase != backup.Status.Phase, cancellationToken);
            if (reason is not ("Waiting" or "Cancelled"))
            {
                await _events.WarnAsync(backup, reason, message, cancellationToken);
            }

            return;
        }

        await StartAsync(backup, plan, cancellationToken);
    }

    private async Task StartAsync(BackupResource backup, BackupPlan plan, CancellationToken cancellationToken)
    {
        if (!RunId.TryParse(backup.Status.Run, out RunId id))
        {
            id = RunId.Create(_clock);
            BackupStatus chosen = BackupStatuses.Waiting(backup, ResourcePhase.Pending, "Starting", "The run is about to begin.", _clock.GetUtcNow()) with
            {
                Run = id.ToString(),
                Plan = plan.Name,
            };
            BackupResource written = await _writer.WriteAsync(backup, backup with { Status = chosen }, isUrgent: true, cancellationToken);
            if (written.Status.Run != chosen.Run)
            {
                // Somebody else was faster, or the API server is away: decided again at the next look.
                return;
            }
        }

        if (_engine.Start(plan, By(backup), backup.Metadata.Uid, id) is { Conflict: false, Run: var run })
        {
            await _runs.FlushAsync(run.Id, cancellationToken);
        }
    }

    private (BackupPlan? Plan, string Phase, string Reason, string Message) PlanOf(BackupResource backup)
    {
        switch (backup.Spec)
        {
            case { PlanRef: { } reference, Template: null }:
                return _plans.Current.Find(reference.Name) is { } plan
                    ? (plan, "", "", "")
                    : (null, ResourcePhase.Pending, "PlanNotFound", $"There is no plan '{reference.Name}' in force in this namespace.");
            case { PlanRef: null, Template: not null }:
                List<YamlFault> faults = [];
                return ResourcePlans.ParseTemplate(backup, faults) is { } own
                    ? (own, "", "", "")
                    : (null, ResourcePhase.Failed, "Invalid", string.Join(' ', faults.Select(f => f.Reason.Replace("spec.", "spec.template.", StringComparison.Ordinal))));
            default:
                return (null, ResourcePhase.Failed, "Invalid", "spec: exactly one of planRef and template is expected.");
        }
    }

    private Func<RunSource, WorkProgress> ProgressOf(RunRecord run) =>
        source => _board.Find(WorkIds.ForBackup(run.Id, source.Source))?.Progress ?? WorkProgress.None;

    private static string By(BackupResource backup) => $"Backup {backup.Metadata.Name}";
}
