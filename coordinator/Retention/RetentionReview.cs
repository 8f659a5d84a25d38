using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Retention;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Retention;

/// <summary>
/// Says of every restore point in the repository why it stays or that it goes, by the plans in force. A point stays when its plan is not in
/// force, or its manifest is damaged: nobody can say what was wanted for it; and while it is restored. Reads every manifest. Memory: some hundred bytes a point while it works.
/// </summary>
public sealed class RetentionReview
{
    private readonly RepositoryAccess _access;
    private readonly PlanDirectory _plans;
    private readonly RestoreStore _restores;
    private readonly TimeProvider _clock;

    public RetentionReview(RepositoryAccess access, PlanDirectory plans, RestoreStore restores, TimeProvider clock)
    {
        _access = access;
        _plans = plans;
        _restores = restores;
        _clock = clock;
    }

    /// <summary>All points, or those of one plan, newest first.</summary>
    /// <param name="plan">The plan; empty for all.</param>
    /// <param name="explains">Whether points that go get reasons too.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="BackupException">NotFound for a plan that is not in force and has no points; the store cannot be read.</exception>
    public async Task<IReadOnlyList<ReviewedPoint>> ReviewAsync(string plan, bool explains, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        try
        {
            using RepositoryLease lease = _access.Enter();
            Dictionary<RestorePointId, string> pins = await PinsAsync(lease.Repository, cancellationToken);
            List<ReviewedPoint> reviewed = [];
            Dictionary<(string Plan, bool AfterChange), List<RetentionPoint>> byPlan = [];

            // Before the points: one that is committed meanwhile counts as not good, and stays as the newest.
            IReadOnlySet<SnapshotId> sound = await SoundSnapshots.ReadAsync(lease.Repository, cancellationToken);
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                if (entry.Manifest is { } manifest && (plan.Length == 0 || manifest.Plan == plan))
                {
                    // Captures after a change are counted among themselves: they must not push whole points out.
                    (string, bool) group = (manifest.Plan, manifest.AfterChange);
                    List<RetentionPoint> points = byPlan.TryGetValue(group, out List<RetentionPoint>? found) ? found : byPlan[group] = [];
                    points.Add(ToPoint(manifest, pins.GetValueOrDefault(manifest.Id), sound));
                }
                else if (entry is { Manifest: null, Id: { } damaged } && plan.Length == 0)
                {
                    reviewed.Add(new ReviewedPoint(damaged, "", true, ["its manifest is damaged"]));
                }
            }

            foreach (((string name, _), List<RetentionPoint> points) in byPlan)
            {
                reviewed.AddRange(Review(name, points, explains));
            }

            HashSet<RestorePointId> restored = [.. _restores.All.Where(r => !r.IsOver).Select(r => r.Point)];
            return reviewed.Count > 0 || plan.Length == 0 || _plans.Current.Find(plan) is not null
                ? [.. reviewed.Select(p => restored.Contains(p.Id) ? p.KeptFor("a restore of it goes on") : p).OrderByDescending(p => p.Id)]
                : throw new BackupException(FailureCause.NotFound, $"There is no plan '{plan}', and no restore point of one.");
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

    // Good is a kind of which every source was backed up completely and is sound now. Members of one etcd hold the same data, so one of
    // them suffices: beside a suspect snapshot there is another that proved to be good.
    private static RetentionPoint ToPoint(RestorePointManifest manifest, string? pin, IReadOnlySet<SnapshotId> sound)
    {
        HashSet<SourceKind> kinds = [];
        HashSet<SourceKind> lacking = [];
        foreach (SourceResult source in manifest.Sources)
        {
            if (source.Snapshot is not null)
            {
                kinds.Add(source.Source.Kind);
            }

            bool good = source.Source.Kind == SourceKind.Etcd
                ? manifest.Sources.Any(other => other.Source.Kind == SourceKind.Etcd && other.Source.Name == source.Source.Name && IsGood(other, sound))
                : IsGood(source, sound);
            if (!good)
            {
                lacking.Add(source.Source.Kind);
            }
        }

        if (manifest.RecoverySet is { IsComplete: false })
        {
            lacking.UnionWith([SourceKind.Etcd, SourceKind.ControlPlaneFiles]);
        }

        return new RetentionPoint { Id = manifest.Id, Sequence = manifest.Sequence, Kinds = kinds, GoodKinds = kinds.Except(lacking).ToHashSet(), Pin = pin };
    }

    private static bool IsGood(SourceResult source, IReadOnlySet<SnapshotId> sound) =>
        source.Outcome == SnapshotOutcome.Completed && source.Snapshot is { } snapshot && sound.Contains(snapshot);

    private IEnumerable<ReviewedPoint> Review(string name, List<RetentionPoint> points, bool explains)
    {
        if (_plans.Current.Find(name) is not { } plan)
        {
            string reason = $"there is no plan {name} in force";
            return points.Select(p => new ReviewedPoint(p.Id, name, true, p.Pin is null ? [reason] : [$"pinned {p.Pin}", reason]) { GoodKinds = p.GoodKinds });
        }

        Dictionary<RestorePointId, RetentionPoint> byId = points.ToDictionary(p => p.Id);
        return RetentionEvaluator.Evaluate(points, plan.Retention, _clock.GetUtcNow(), explains)
            .Select(v => new ReviewedPoint(v.Id, name, v.Stays, v.Stays ? v.Reasons : v.Against) { GoodKinds = byId[v.Id].GoodKinds });
    }
}
