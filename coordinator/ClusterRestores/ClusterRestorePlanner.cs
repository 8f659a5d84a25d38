using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Turns a request into the record of a restore whose nodes can be asked, or says why it cannot be. Changes nothing.</summary>
public sealed class ClusterRestorePlanner
{
    private const int TextLengthMax = 253;
    private const int LostMax = 64;
    private const int RequestIdLengthMax = 128;

    private readonly string _cluster;
    private readonly PointCatalog _points;
    private readonly NodeRegistry _nodes;
    private readonly TimeProvider _clock;

    public ClusterRestorePlanner(string cluster, PointCatalog points, NodeRegistry nodes, TimeProvider clock)
    {
        _cluster = cluster;
        _points = points;
        _nodes = nodes;
        _clock = clock;
    }

    /// <exception cref="BackupException">What is wrong with the request, the point or the nodes.</exception>
    public async Task<ClusterRestoreRecord> PlanAsync(Wire.PlanClusterRestoreRequest request, string startedBy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Require(request.RequestId.Length <= RequestIdLengthMax, $"A request id has at most {RequestIdLengthMax} characters.");
        Require(request.TargetVersion.Length <= TextLengthMax && request.LostNodes.Count <= LostMax && request.LostNodes.All(name => name.Length <= TextLengthMax), "The request is too long.");
        SourceKey source = SourceOf(request);
        RestorePointManifest point = await _points.ResolveAsync(request.PointId, cancellationToken);
        SnapshotManifest snapshot = await _points.SnapshotOfAsync(point, source, cancellationToken);
        EtcdSnapshotRule.Require(snapshot, request.AcceptSuspect);
        EtcdSnapshotRule.RequireRevision(snapshot, request.Revision);
        EtcdEvidence etcd = snapshot.Etcd!;
        long bump = request.RevisionBump == 0 ? RestorePlanner.RevisionBumpDefault : request.RevisionBump;
        Require(bump > 0 && bump <= long.MaxValue - etcd.Revision, "The revision bump is out of range.");
        RestoreId id = RestoreId.Create(_clock);
        return new ClusterRestoreRecord
        {
            Id = id,
            RequestId = request.RequestId,
            Cluster = _cluster,
            Point = point.Id,
            Snapshot = snapshot.Id,
            Source = source,
            Evidence = new SnapshotEvidence(etcd.Revision, etcd.DatabaseBytes, etcd.DataVersion.Length > 0 ? etcd.DataVersion : etcd.ServerVersion, snapshot.StartedAt, MemberNames(etcd)),
            Nodes = Nodes(request),
            Lost = [.. request.LostNodes],
            Target = MessageJson.ToJson(new Wire.RestoreTarget { ClusterToken = $"kb-restore-{id}", RevisionBump = bump, Revision = request.Revision }),
            TargetVersion = request.TargetVersion,
            Phase = ClusterPhase.Inspecting,
            State = RestoreState.Waiting,
            StartedAt = _clock.GetUtcNow(),
            StartedBy = startedBy,
        };
    }

    // As the evidence writes them: id, name, peer URLs.
    private static string[] MemberNames(EtcdEvidence etcd) =>
        [.. etcd.Members.Select(member => member.Split(' ')).Where(parts => parts.Length >= 2).Select(parts => parts[1])];

    private static SourceKey SourceOf(Wire.PlanClusterRestoreRequest request)
    {
        try
        {
            SourceKey source = SourceMapping.ToModel(request.Source);
            Require(source.Kind == SourceKind.Etcd, "Only a snapshot of etcd restores a cluster's etcd.");
            return source;
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The request names no valid source.", e);
        }
    }

    /// <summary>Every control-plane node has a part, unless the operator says that it is gone for good.</summary>
    private ClusterNode[] Nodes(Wire.PlanClusterRestoreRequest request)
    {
        Require(!request.Rejoin || request.Nodes.Count > 0, "Name the nodes that are restored; the others are joined again.");
        string[] connected = [.. request.LostNodes.Where(_nodes.IsConnected)];
        Require(connected.Length == 0, $"{string.Join(", ", connected)} is connected and not lost.");
        foreach (string name in request.Nodes)
        {
            NodeRecord node = _nodes.Find(name)
                ?? throw new BackupException(FailureCause.NotFound, $"No agent of a node '{(SourceKey.IsName(name) ? name : "?")}' ever connected.");
            if (node.Role != Role.ControlPlane)
            {
                throw new BackupException(FailureCause.PermissionDenied, $"{name} has the role {PeerIdentity.RoleName(node.Role)}; etcd is given to control-plane nodes only.");
            }
        }

        ClusterNode[] nodes = [.. _nodes.Nodes
            .Where(node => node.Role == Role.ControlPlane && !request.LostNodes.Contains(node.Name))
            .Select(node => new ClusterNode
            {
                Name = node.Name,
                Part = request.Nodes.Count == 0 || request.Nodes.Contains(node.Name) ? NodePart.Member : request.Rejoin ? NodePart.Rejoin : NodePart.Stopped,
            })];
        Require(nodes.Any(node => node.Part == NodePart.Member), "There is no control-plane node to restore on.");
        return nodes;
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new BackupException(FailureCause.InvalidRequest, problem);
        }
    }
}
