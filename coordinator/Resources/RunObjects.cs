using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Makes Backup objects for runs that began without one: by schedule, by an operator's call, after a change. The name of a scheduled
/// one follows from plan and time, so that two leaders make one. Removes the oldest finished ones. One caller.
/// </summary>
internal sealed class RunObjects
{
    /// <summary>Label with the name of the plan.</summary>
    public const string PlanLabel = "k8sbackup.dev/plan";

    private const int LabelLengthMax = 63;

    private readonly IResourceWriter _writer;
    private readonly string _namespace;
    private readonly int _kept;
    private readonly ILogger _log;

    // Runs that have or had an object, or were over before this process began: an object that somebody deleted is not made again.
    private readonly HashSet<RunId> _settled;

    public RunObjects(IResourceWriter writer, string ns, int kept, IEnumerable<RunRecord> before, ILogger log)
    {
        _writer = writer;
        _namespace = ns;
        _kept = kept;
        _log = log;
        _settled = [.. before.Where(run => run.IsOver).Select(run => run.Id)];
    }

    /// <summary>One look at the runs and the objects there are.</summary>
    public async Task MakeAsync(
        RunIndex index, IReadOnlyList<BackupResource> backups, IReadOnlyList<BackupPlanResource> plans, CancellationToken cancellationToken)
    {
        _settled.IntersectWith(index.Runs.Select(run => run.Id));
        _settled.UnionWith(index.Runs.Where(run => index.NameOf(run).Length > 0).Select(run => run.Id));
        foreach (RunRecord run in index.Runs.Where(run => !_settled.Contains(run.Id) && !run.Plan.StartsWith(ResourcePlans.TemplatePrefix, StringComparison.Ordinal)))
        {
            // Of a Backup whose status does not name it yet.
            if (backups.All(b => b.Metadata.Uid != run.RequestId) && await TryCreateAsync(run, plans.FirstOrDefault(p => p.Metadata.Name == run.Plan), cancellationToken))
            {
                _settled.Add(run.Id);
            }
        }
    }

    /// <summary>Deletes the oldest finished objects of each plan beyond the limit; never those whose deletion means their data.</summary>
    public async Task TrimAsync(IReadOnlyList<BackupResource> backups, CancellationToken cancellationToken)
    {
        IEnumerable<BackupResource> surplus = backups
            .Where(b => ResourcePhase.IsOver(b.Status.Phase) && b is { Metadata.DeletionTimestamp: null, Spec.PlanRef: not null })
            .GroupBy(b => b.Spec.PlanRef!.Name, StringComparer.Ordinal)
            .SelectMany(plan => plan.OrderByDescending(b => b.Status.CompletionTime).ThenBy(b => b.Metadata.Name, StringComparer.Ordinal).Skip(_kept))
            .Where(b => b.Spec.DeletionPolicy != BackupSpec.Delete && b.Metadata.Finalizers.Count == 0);
        foreach (BackupResource backup in surplus)
        {
            try
            {
                await _writer.DeleteAsync(
                    ResourceKinds.Backups, ResourceName.Of(backup), new DeleteOptions { Uid = backup.Metadata.Uid, ResourceVersion = backup.Metadata.ResourceVersion }, cancellationToken);
            }
            catch (KubernetesException e) when (e.Failure == KubernetesFailure.Conflict)
            {
                // Changed just now, perhaps to the policy Delete: looked at again.
            }
        }
    }

    /// <summary>The name of a run's object.</summary>
    internal static string NameOf(RunRecord run) =>
        run.StartedBy is "schedule" or "catch-up" && run.RequestId.StartsWith($"{run.Plan}-", StringComparison.Ordinal) ? run.RequestId : $"{run.Plan}-{run.Id}";

    private async Task<bool> TryCreateAsync(RunRecord run, BackupPlanResource? plan, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.CreateAsync(ResourceKinds.Backups, ObjectOf(run, plan), cancellationToken);
            return true;
        }
        catch (KubernetesException e) when (e.Failure == KubernetesFailure.AlreadyExists)
        {
            // Another leader's for the same time, or ours and the answer was lost.
            return true;
        }
        catch (KubernetesException e)
        {
            ResourceLog.NotWritten(_log, $"Backup {NameOf(run)}", e.Message);
            return false;
        }
    }

    private BackupResource ObjectOf(RunRecord run, BackupPlanResource? plan) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = NameOf(run),
            Namespace = _namespace,
            Labels = run.Plan.Length <= LabelLengthMax ? new Dictionary<string, string> { [PlanLabel] = run.Plan } : new Dictionary<string, string>(),
            Annotations = new Dictionary<string, string> { [BackupReconciler.RunAnnotation] = run.Id.ToString() },
            OwnerReferences = plan is null
                ? []
                : [new OwnerReference { ApiVersion = $"{ResourceKinds.Group}/v1alpha1", Kind = "BackupPlan", Name = plan.Metadata.Name, Uid = plan.Metadata.Uid, Controller = true }],
        },
        Spec = new BackupSpec { PlanRef = new LocalReference { Name = run.Plan }, DeletionPolicy = BackupSpec.Retain },
    };
}
