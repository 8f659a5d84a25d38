using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// The home of plans and runs in a cluster: looks at our objects again and again, begins what they ask for and lets their status
/// follow. Every look starts from what is there, so that a missed change or a death costs nothing but time. Started last, when
/// runs of a former leader were taken up; stops between two looks. A defect met at one object leaves the others alone.
/// </summary>
public sealed class ResourceHome : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IResourceObjects _objects;
    private readonly ResourcePlans _plans;
    private readonly RunStore _runs;
    private readonly CoverageReview _coverage;
    private readonly ResourceReconcilers _parts;
    private readonly TimeProvider _clock;
    private readonly ILogger<ResourceHome> _log;

    internal ResourceHome(
        IResourceObjects objects, ResourcePlans plans, RunStore runs, CoverageReview coverage, ResourceReconcilers parts, TimeProvider clock, ILogger<ResourceHome> log)
    {
        _objects = objects;
        _plans = plans;
        _runs = runs;
        _coverage = coverage;
        _parts = parts;
        _clock = clock;
        _log = log;
    }

    /// <summary>One look at everything.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<BackupPlanResource> plans = _parts.PlanWriter.Latest(await _objects.PlansAsync(cancellationToken));
        IReadOnlyList<BackupResource> backups = _parts.BackupWriter.Latest(await _objects.BackupsAsync(cancellationToken));
        IReadOnlyList<RestoreResource> restores = _parts.RestoreWriter.Latest(await _objects.RestoresAsync(cancellationToken));
        PlanLoading.Take(_plans, plans, _log);

        RunIndex index = new(_runs.List(), backups);
        foreach (BackupResource backup in backups.OrderBy(b => b.Metadata.CreationTimestamp))
        {
            await GuardAsync(backup, () => _parts.Backups.ReconcileAsync(backup, index, cancellationToken));
        }

        foreach (RestoreResource restore in restores.OrderBy(r => r.Metadata.CreationTimestamp))
        {
            await GuardAsync(restore, () => _parts.Restores.ReconcileAsync(restore, backups, cancellationToken));
        }

        await _parts.Objects.MakeAsync(index, backups, plans, cancellationToken);
        await _parts.Deletion.ReconcileAsync(backups, index, cancellationToken);
        await _parts.Objects.TrimAsync(backups, cancellationToken);
        foreach (BackupPlanResource plan in plans)
        {
            await GuardAsync(plan, () => ReportAsync(plan, index, cancellationToken));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (KubernetesException e)
            {
                ResourceLog.NotRead(_log, e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ReportAsync(BackupPlanResource plan, RunIndex index, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> faults = _plans.FaultsOf(plan);
        BackupPlanStatus status = PlanStatuses.Of(
            plan,
            faults,
            _plans.Current.Find(plan.Metadata.Name),
            [.. index.Runs.Where(run => run.Plan == plan.Metadata.Name && !run.AfterChange)],
            _coverage.Of(plan.Metadata.Name),
            index.NameOf,
            _clock.GetUtcNow());
        bool isTurn = plan.Metadata.Generation != plan.Status.ObservedGeneration
            || plan.Status.LastRun?.Phase != status.LastRun?.Phase
            || StatusOf(plan.Status, Conditions.Covered) != StatusOf(status, Conditions.Covered);
        await _parts.PlanWriter.WriteAsync(plan, plan with { Status = status }, isTurn, cancellationToken);
        if (faults.Count > 0)
        {
            await _parts.Events.WarnAsync(plan, "Invalid", string.Join(' ', faults), cancellationToken);
        }
    }

    private static string? StatusOf(BackupPlanStatus status, string condition) => status.Conditions.FirstOrDefault(c => c.Type == condition)?.Status;

    private async Task GuardAsync(KubernetesObject at, Func<Task> look)
    {
        try
        {
            await look();
        }
#pragma warning disable CA1031 // The boundary of one object: the others are not to suffer from it.
        catch (Exception e) when (e is not (OperationCanceledException or KubernetesException))
#pragma warning restore CA1031
        {
            ResourceLog.Defect(_log, $"{at.Kind} {at.Metadata.Name}", e);
        }
    }
}
