using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Works out what a drill restores, and where.</summary>
public sealed class DrillPlanner
{
    private readonly PointCatalog _points;
    private readonly RepositoryAccess _access;
    private readonly NodeRegistry _nodes;
    private readonly TimeProvider _clock;

    public DrillPlanner(PointCatalog points, RepositoryAccess access, NodeRegistry nodes, TimeProvider clock)
    {
        _points = points;
        _access = access;
        _nodes = nodes;
        _clock = clock;
    }

    /// <summary>Drills of the sources of a restore point that are chosen; sources without a snapshot are none.</summary>
    /// <exception cref="BackupException">A snapshot cannot be read, or is not one to restore.</exception>
    public async Task<IReadOnlyList<DrillCase>> PlanAsync(
        RestorePointManifest point, Func<SourceKey, bool> chosen, string node, string startedBy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(chosen);
        List<DrillCase> drills = [];
        foreach (SourceResult source in point.Sources.Where(s => s.Snapshot is not null && chosen(s.Source)))
        {
            SnapshotManifest snapshot = await _points.SnapshotOfAsync(point, source.Source, cancellationToken);
            DrillId id = DrillId.Create(_clock);
            drills.Add(new DrillCase
            {
                Id = id,
                Point = point.Id,
                Snapshot = snapshot,
                Node = node,
                Sample = source.Source.Kind == SourceKind.Etcd ? FileSample.None : await SampleAsync(snapshot, id, cancellationToken),
                StartedBy = startedBy,
                State = DrillState.Waiting,
                BeganAt = _clock.GetUtcNow(),
            });
        }

        return drills;
    }

    /// <summary>
    /// The node a drill is held on: the one asked for, else the source's own, else, as control-plane nodes may restore everything, another
    /// of these that is connected.
    /// </summary>
    /// <exception cref="BackupException">NodeUnavailable, or PermissionDenied for a node whose role does not allow it.</exception>
    public string NodeFor(DrillCase drill)
    {
        ArgumentNullException.ThrowIfNull(drill);
        if (drill.Node.Length > 0)
        {
            NodeRecord node = _nodes.Find(drill.Node)
                ?? throw new BackupException(FailureCause.NotFound, $"No agent of a node '{(SourceKey.IsName(drill.Node) ? drill.Node : "?")}' ever connected.");
            return WorkAccess.IsAllowed(drill.Source.Kind, node.Role)
                ? node.Name
                : throw new BackupException(FailureCause.PermissionDenied, $"Node {node.Name} may not restore {drill.Source}.");
        }

        IEnumerable<string> candidates = _nodes.Nodes
            .Where(n => n.Name == drill.Source.Node ? WorkAccess.IsAllowed(drill.Source.Kind, n.Role) : n.Role == Role.ControlPlane)
            .OrderByDescending(n => n.Name == drill.Source.Node)
            .Select(n => n.Name);
        return candidates.FirstOrDefault(_nodes.IsConnected)
            ?? throw new BackupException(FailureCause.NodeUnavailable, $"Neither node {drill.Source.Node} nor one of the control plane is connected.");
    }

    private async Task<FileSample> SampleAsync(SnapshotManifest snapshot, DrillId id, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            // The id is random; whoever wants the same sample again takes it from the record.
            return await FileSample.TakeAsync(SnapshotTrees.Open(lease, snapshot).WalkAsync(cancellationToken), new Random(id.GetHashCode()), cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
