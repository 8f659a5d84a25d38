using System.Collections.Concurrent;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Retention;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Retention;

/// <summary>
/// Says of every restore point in the repository why it stays or that it goes, by the plans in force. A point stays when its plan is not in
/// force, or its manifest is damaged: nobody can say what was wanted for it. Memory: some hundred bytes a point while it works.
/// </summary>
public sealed class RetentionReview
{
    private readonly RepositoryAccess _access;
    private readonly PlanDirectory _plans;
    private readonly SnapshotDirectory _snapshots;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<SnapshotId, bool> _verified = new();

    public RetentionReview(RepositoryAccess access, PlanDirectory plans, SnapshotDirectory snapshots, TimeProvider clock)
    {
        _access = access;
        _plans = plans;
        _snapshots = snapshots;
        _clock = clock;
    }

    /// <summary>All points, or those of one plan, newest first.</summary>
    /// <exception cref="BackupException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<ReviewedPoint>> ReviewAsync(string plan, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            Dictionary<RestorePointId, string> pins = await PinsAsync(lease.Repository, cancellationToken);
            List<ReviewedPoint> reviewed = [];
            Dictionary<string, List<RetentionPoint>> byPlan = new(StringComparer.Ordinal);
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                if (entry.Manifest is { } manifest && (plan.Length == 0 || manifest.Plan == plan))
                {
                    List<RetentionPoint> points = byPlan.TryGetValue(manifest.Plan, out List<RetentionPoint>? found) ? found : byPlan[manifest.Plan] = [];
                    points.Add(await ToPointAsync(manifest, pins.GetValueOrDefault(manifest.Id), cancellationToken));
                }
                else if (entry is { Manifest: null, Id: { } damaged } && plan.Length == 0)
                {
                    reviewed.Add(new ReviewedPoint(damaged, "", ["its manifest is damaged"]));
                }
            }

            foreach ((string name, List<RetentionPoint> points) in byPlan)
            {
                reviewed.AddRange(Review(name, points));
            }

            return [.. reviewed.OrderByDescending(p => p.Id)];
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    private static async Task<Dictionary<RestorePointId, string>> PinsAsync(OpenRepository repository, CancellationToken cancellationToken)
    {
        Dictionary<RestorePointId, string> pins = [];
        await foreach (PinEntry entry in repository.Catalog.PinsAsync(cancellationToken))
        {
            if (entry.Point is { } point)
            {
                pins[point] = entry.Pin is { } pin ? $"by {pin.PinnedBy}: {pin.Reason}" : "by a pin that cannot be read";
            }
        }

        return pins;
    }

    private IEnumerable<ReviewedPoint> Review(string name, List<RetentionPoint> points)
    {
        if (_plans.Current.Find(name) is not { } plan)
        {
            return points.Select(p => new ReviewedPoint(p.Id, name, p.Pin is null
                ? [$"there is no plan {name} in force"]
                : [$"pinned {p.Pin}", $"there is no plan {name} in force"]));
        }

        return RetentionEvaluator.Evaluate(points, plan.Retention, _clock.GetUtcNow()).Select(v => new ReviewedPoint(v.Id, name, v.Reasons));
    }

    private async Task<RetentionPoint> ToPointAsync(RestorePointManifest manifest, string? pin, CancellationToken cancellationToken)
    {
        HashSet<SourceKind> kinds = [];
        HashSet<SourceKind> lacking = [];
        foreach (SourceResult source in manifest.Sources)
        {
            if (source.Snapshot is not null)
            {
                kinds.Add(source.Source.Kind);
            }

            if (source.Outcome != SnapshotOutcome.Completed
                || (source is { Source.Kind: SourceKind.Etcd, Snapshot: { } etcd } && !await IsVerifiedAsync(etcd, cancellationToken)))
            {
                lacking.Add(source.Source.Kind);
            }
        }

        return new RetentionPoint { Id = manifest.Id, Kinds = kinds, GoodKinds = kinds.Except(lacking).ToHashSet(), Pin = pin };
    }

    // Manifests never change, so what was found stays true; a damaged one may be mended.
    private async Task<bool> IsVerifiedAsync(SnapshotId id, CancellationToken cancellationToken)
    {
        if (_verified.TryGetValue(id, out bool known))
        {
            return known;
        }

        try
        {
            bool verified = await _snapshots.ReadAsync(id, cancellationToken) is { Etcd.IsVerified: true };
            _verified[id] = verified;
            return verified;
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.StoreCorrupt)
        {
            return false;
        }
    }
}
