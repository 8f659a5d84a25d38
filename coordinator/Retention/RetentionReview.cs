using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
    private const int ExplainedAtATime = 5_000;

    private readonly RepositoryAccess _access;
    private readonly IPlans _plans;
    private readonly RestoreStore _restores;
    private readonly ReleasedPoints _released;
    private readonly TimeProvider _clock;

    public RetentionReview(RepositoryAccess access, IPlans plans, RestoreStore restores, ReleasedPoints released, TimeProvider clock)
    {
        _access = access;
        _plans = plans;
        _restores = restores;
        _released = released;
        _clock = clock;
    }

    /// <summary>All points, the one committed last first, without what speaks against those that go.</summary>
    /// <exception cref="BackupException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<ReviewedPoint>> ReviewAsync(CancellationToken cancellationToken)
    {
        Subject subject = await ReadAsync("", cancellationToken);
        Dictionary<RestorePointId, ReviewedPoint> reviewed = Judge(subject, _ => false);
        return [.. subject.Order.Select(id => reviewed[id])];
    }

    /// <summary>All points, or those of one plan, with all reasons, the one committed last first. Reasons are made for some thousand points at a time.</summary>
    /// <param name="plan">The plan; empty for all.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="BackupException">NotFound for a plan that is not in force and has no points; the store cannot be read.</exception>
    public async IAsyncEnumerable<ReviewedPoint> ExplainAsync(string plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Subject subject = await ReadAsync(plan, cancellationToken);
        if (subject.Order.Count == 0 && plan.Length > 0 && _plans.Current.Find(plan) is null)
        {
            throw new BackupException(FailureCause.NotFound, $"There is no plan '{plan}', and no restore point of one.");
        }

        foreach (RestorePointId[] some in subject.Order.Chunk(ExplainedAtATime))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Dictionary<RestorePointId, ReviewedPoint> reviewed = Judge(subject, some.ToHashSet().Contains);
            foreach (RestorePointId id in some)
            {
                yield return reviewed[id];
            }
        }
    }

    private async Task<Subject> ReadAsync(string plan, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            Dictionary<RestorePointId, string> pins = await PinsAsync(lease.Repository, cancellationToken);
            Subject subject = new([], [], [], [.. pins.Keys], [.. _restores.All.Where(r => !r.IsOver).Select(r => r.Point)], _clock.GetUtcNow());

            // Before the points: one that is committed meanwhile counts as not good, and stays as the newest.
            IReadOnlySet<SnapshotId> sound = await SoundSnapshots.ReadAsync(lease.Repository, cancellationToken);
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                if (entry.Manifest is { } manifest && (plan.Length == 0 || manifest.Plan == plan))
                {
                    // Captures after a change are counted among themselves: they must not push whole points out.
                    subject.Add((manifest.Plan, manifest.AfterChange), ToPoint(manifest, pins.GetValueOrDefault(manifest.Id), sound));
                }
                else if (entry is { Manifest: null, Id: { } damaged } && plan.Length == 0)
                {
                    subject.AddDamaged(damaged);
                }
            }

            return subject;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    private Dictionary<RestorePointId, ReviewedPoint> Judge(Subject subject, Func<RestorePointId, bool> explains) =>
        subject.ByPlan.SelectMany(p => Review(p.Key.Plan, p.Value, subject.Now, explains))
            .Concat(subject.Damaged.Select(id => new ReviewedPoint(id, "", true, ["its manifest is damaged"])))
            .Select(p => _released.Contains(p.Id) && !subject.Pinned.Contains(p.Id) ? p with { Stays = false, Reasons = ["somebody deleted its Backup and its data"] } : p)
            .Select(p => subject.Restored.Contains(p.Id) ? p.KeptFor("a restore of it goes on") : p)
            .ToDictionary(p => p.Id);

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

    private IEnumerable<ReviewedPoint> Review(string name, List<RetentionPoint> points, DateTimeOffset now, Func<RestorePointId, bool> explains)
    {
        if (_plans.Current.Find(name) is not { } plan)
        {
            string reason = $"there is no plan {name} in force";
            return points.Select(p => new ReviewedPoint(p.Id, name, true, p.Pin is null ? [reason] : [$"pinned {p.Pin}", reason]) { GoodKinds = p.GoodKinds });
        }

        Dictionary<RestorePointId, RetentionPoint> byId = points.ToDictionary(p => p.Id);
        return RetentionEvaluator.Evaluate(points, plan.Retention, now, explains)
            .Select(v => new ReviewedPoint(v.Id, name, v.Stays, v.Stays ? v.Reasons : v.Against) { GoodKinds = byId[v.Id].GoodKinds });
    }

    /// <summary>What is judged, as it was read.</summary>
    private sealed record Subject(
        List<RestorePointId> Order,
        Dictionary<(string Plan, bool AfterChange), List<RetentionPoint>> ByPlan,
        List<RestorePointId> Damaged,
        HashSet<RestorePointId> Pinned,
        HashSet<RestorePointId> Restored,
        DateTimeOffset Now)
    {
        public void Add((string Plan, bool AfterChange) group, RetentionPoint point)
        {
            Order.Add(point.Id);
            (CollectionsMarshal.GetValueRefOrAddDefault(ByPlan, group, out _) ??= []).Add(point);
        }

        public void AddDamaged(RestorePointId id)
        {
            Order.Add(id);
            Damaged.Add(id);
        }
    }
}
