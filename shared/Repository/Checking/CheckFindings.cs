using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Checking;

/// <summary>Collects what a check finds: one problem per object, the frames that cannot be read, what they cost. Thread-safe.</summary>
internal sealed class CheckFindings
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Finding> _findings = new(StringComparer.Ordinal);
    private readonly Dictionary<SnapshotId, List<RestorePointId>> _pointsOf = [];
    private readonly HashSet<uint> _badFrames = [];
    private readonly SortedDictionary<SnapshotId, SnapshotCost> _costs = [];

    public void Add(RepositoryCorruptException damage) => Add(damage.ObjectName, damage.Damage, damage.Detail);

    /// <summary>Adds a problem; of several with one object the first one's words stay.</summary>
    public void Add(string objectName, RepositoryDamage damage, string detail, SnapshotId? snapshot = null)
    {
        lock (_gate)
        {
            Finding finding = FindingLocked(objectName, damage, detail);
            if (snapshot is SnapshotId id)
            {
                finding.Snapshots.Add(id);
                CostLocked(id, objectName).HasManifest = false;
            }
        }
    }

    /// <summary>Adds a problem with a record about a snapshot or restore point, which costs nothing that could be restored.</summary>
    public void AddAbout(RepositoryCorruptException damage, SnapshotId? snapshot, RestorePointId? point)
    {
        lock (_gate)
        {
            Finding finding = FindingLocked(damage.ObjectName, damage.Damage, damage.Detail);
            if (snapshot is { } id)
            {
                finding.Snapshots.Add(id);
            }

            if (point is { } pointId)
            {
                finding.RestorePoints.Add(pointId);
            }
        }
    }

    public void AddBadFrame(uint frame)
    {
        lock (_gate)
        {
            _badFrames.Add(frame);
        }
    }

    public IReadOnlyList<uint> BadFrames()
    {
        lock (_gate)
        {
            return [.. _badFrames];
        }
    }

    public bool IsBad(uint frame)
    {
        lock (_gate)
        {
            return _badFrames.Contains(frame);
        }
    }

    /// <summary>Says that a snapshot, and a file in it when one is given, needs a damaged object.</summary>
    public void AddCost(string objectName, RepositoryDamage damage, string detail, SnapshotId snapshot, string? path)
    {
        lock (_gate)
        {
            Finding finding = FindingLocked(objectName, damage, detail);
            finding.Snapshots.Add(snapshot);
            CostLocked(snapshot, objectName).Add(path);
            if (path is not null && finding.Paths.Count < CheckProblem.PathsMax)
            {
                finding.PathCount += finding.Paths.Add($"{snapshot}: {path}") ? 1 : 0;
            }
            else if (path is not null)
            {
                finding.PathCount++;
            }
        }
    }

    public void AddRestorePoint(RestorePointId point, SnapshotId snapshot)
    {
        lock (_gate)
        {
            (_pointsOf.TryGetValue(snapshot, out List<RestorePointId>? points) ? points : _pointsOf[snapshot] = []).Add(point);
        }
    }

    public (IReadOnlyList<CheckProblem> Problems, long Count) Finish()
    {
        lock (_gate)
        {
            return ([.. _findings.Take(CheckReport.ListedMax).Select(f => ProblemLocked(f.Key, f.Value))], _findings.Count);
        }
    }

    /// <summary>What is lost of each snapshot: exact in the snapshots and counts, some of the objects and paths.</summary>
    public IReadOnlyList<SnapshotDamage> DamagedSnapshots()
    {
        lock (_gate)
        {
            return [.. _costs.Select(c => new SnapshotDamage(c.Key, c.Value.HasManifest, [.. c.Value.Objects], [.. c.Value.Paths], c.Value.PathCount))];
        }
    }

    private SnapshotCost CostLocked(SnapshotId snapshot, string objectName)
    {
        SnapshotCost cost = _costs.TryGetValue(snapshot, out SnapshotCost? known) ? known : _costs[snapshot] = new SnapshotCost();
        if (cost.Objects.Count < CheckProblem.PathsMax)
        {
            cost.Objects.Add(objectName);
        }

        return cost;
    }

    private Finding FindingLocked(string objectName, RepositoryDamage damage, string detail) =>
        _findings.TryGetValue(objectName, out Finding? finding) ? finding : _findings[objectName] = new Finding(damage, detail);

    private CheckProblem ProblemLocked(string objectName, Finding finding) => new()
    {
        ObjectName = objectName,
        Damage = finding.Damage,
        Detail = finding.Detail,
        Snapshots = [.. finding.Snapshots],
        RestorePoints = [.. finding.Snapshots.SelectMany(s => _pointsOf.GetValueOrDefault(s) ?? []).Concat(finding.RestorePoints).Distinct().Order()],
        Paths = [.. finding.Paths],
        PathCount = finding.PathCount,
    };

    private sealed class SnapshotCost
    {
        private string? _last;

        public bool HasManifest { get; set; } = true;

        public SortedSet<string> Objects { get; } = new(StringComparer.Ordinal);

        public SortedSet<string> Paths { get; } = new(StringComparer.Ordinal);

        public long PathCount { get; private set; }

        // A walk comes in order of paths, so that the last one tells whether it was counted.
        public void Add(string? path)
        {
            if (path is null || path == _last)
            {
                return;
            }

            _last = path;
            PathCount++;
            if (Paths.Count < CheckProblem.PathsMax)
            {
                Paths.Add(path);
            }
        }
    }

    private sealed class Finding(RepositoryDamage damage, string detail)
    {
        public RepositoryDamage Damage { get; } = damage;

        public string Detail { get; } = detail;

        public SortedSet<SnapshotId> Snapshots { get; } = [];

        public SortedSet<RestorePointId> RestorePoints { get; } = [];

        public SortedSet<string> Paths { get; } = new(StringComparer.Ordinal);

        public long PathCount { get; set; }
    }
}
