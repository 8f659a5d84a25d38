using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Impact;

/// <summary>
/// The operator's call that says what a restore of etcd would do. The comparison is work for an agent, over the same ways as a restore;
/// whoever leaves calls it off.
/// </summary>
public sealed class ImpactService : Wire.Impacts.ImpactsBase
{
    private const int TextLengthMax = 253;

    private readonly PointCatalog _points;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly RestoreStore _restores;
    private readonly RestoreOptions _waiting;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;

    public ImpactService(
        PointCatalog points, WorkBoard board, NodeRegistry nodes, RestoreStore restores, RestoreOptions waiting, AuditLog audit, TimeProvider clock)
    {
        _points = points;
        _board = board;
        _nodes = nodes;
        _restores = restores;
        _waiting = waiting;
        _audit = audit;
        _clock = clock;
    }

    public override Task Assess(Wire.AssessImpactRequest request, IServerStreamWriter<Wire.ImpactMessage> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "impact.assess", request.PointId, async () =>
        {
            WorkItem item = await PutUpAsync(request, context.CancellationToken);
            try
            {
                await FollowAsync(item, responseStream, context.CancellationToken);
                return true;
            }
            finally
            {
                _board.Cancel(item.WorkId);
                _board.Remove(item.WorkId);
            }
        });
    }

    private async Task<WorkItem> PutUpAsync(Wire.AssessImpactRequest request, CancellationToken cancellationToken)
    {
        Wire.ImpactOptions options = request.Options ?? new Wire.ImpactOptions();
        if (options.NamesMax is < 0 or > 5000 || options.Kind.Length > TextLengthMax || options.Namespace.Length > TextLengthMax)
        {
            throw new BackupException(FailureCause.InvalidRequest, "At most 5000 objects are named, of a kind and a namespace of at most 253 characters.");
        }

        RestorePointManifest point = await _points.ResolveAsync(request.PointId, cancellationToken);
        SnapshotManifest snapshot = await _points.SnapshotForAsync(point.Id.ToString(), request.Source, cancellationToken);
        if (snapshot.Source.Kind != SourceKind.Etcd)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"{snapshot.Source} is no etcd.");
        }

        string node = NodeFor(request, snapshot);
        RestoreId id = RestoreId.Create(_clock);
        Wire.RestoreTask task = new()
        {
            RestoreId = id.ToString(),
            SnapshotId = snapshot.Id.ToString(),
            Source = SourceMapping.ToWire(snapshot.Source),
            Impact = options,
        };
        return _board.Add(WorkItem.ForRestore(node, new RestoreWork(id, snapshot.Id, snapshot.Source, []), task));
    }

    private string NodeFor(Wire.AssessImpactRequest request, SnapshotManifest snapshot)
    {
        string name = request.Node.Length > 0 ? request.Node : snapshot.Source.Node;
        NodeRecord node = _nodes.Find(name)
            ?? throw new BackupException(FailureCause.NodeUnavailable, $"No agent of a node '{(SourceKey.IsName(name) ? name : "?")}' ever connected.");
        if (node.Role != Role.ControlPlane)
        {
            throw new BackupException(FailureCause.PermissionDenied, $"Node {name} is none of the control plane.");
        }

        if (!_nodes.IsConnected(name))
        {
            throw new BackupException(FailureCause.NodeUnavailable, $"The agent of node {name} is not connected.");
        }

        return _restores.All.Any(r => !r.IsOver && r.Node == name)
            ? throw new BackupException(FailureCause.TargetInUse, $"A restore goes on on node {name}.")
            : name;
    }

    private async Task FollowAsync(WorkItem item, IServerStreamWriter<Wire.ImpactMessage> responses, CancellationToken cancellationToken)
    {
        Task<WorkOutcome> ending = new RestoreWatch(item, resumed: false, _nodes, _board, _waiting, _clock).UntilOverAsync(() => { }, cancellationToken);
        WorkProgress? sent = null;
        using PeriodicTimer timer = new(_waiting.Interval, _clock);
        while (!ending.IsCompleted)
        {
            if (item.Progress != sent)
            {
                sent = item.Progress;
                await responses.WriteAsync(new Wire.ImpactMessage { Progress = SourceMapping.ToWire(sent) }, cancellationToken);
            }

            await Task.WhenAny(timer.WaitForNextTickAsync(cancellationToken).AsTask(), ending);
            if (!ending.IsCompleted)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        Wire.ImpactReport report = await ending switch
        {
            WorkOutcome.Restored { Report.Impact: { } found } => found,
            WorkOutcome.Failed failed => throw new BackupException(failed.Failure),
            _ => throw new BackupException(FailureCause.ProtocolViolation, "The agent reported something else than an impact."),
        };
        await responses.WriteAsync(new Wire.ImpactMessage { Report = report }, cancellationToken);
    }
}
