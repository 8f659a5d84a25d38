using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Surviving;

/// <summary>The operator's call that looks at the disks of an etcd's members. Needs neither etcd nor an API server.</summary>
public sealed class SurvivorService : Wire.Survivors.SurvivorsBase
{
    private const string SourceName = "disk";
    private const int NodesMax = 64;
    private const int RequestIdLengthMax = 128;

    private readonly RunEngine _runs;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly RestoreOptions _waiting;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;

    public SurvivorService(RunEngine runs, WorkBoard board, NodeRegistry nodes, RestoreOptions waiting, AuditLog audit, TimeProvider clock)
    {
        _runs = runs;
        _board = board;
        _nodes = nodes;
        _waiting = waiting;
        _audit = audit;
        _clock = clock;
    }

    public override Task Survey(Wire.SurveyRequest request, IServerStreamWriter<Wire.SurveyMessage> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "survivors.survey", string.Join(' ', request.Nodes.Take(NodesMax)), async () =>
        {
            List<Wire.MemberDisk> disks = [];
            List<Task<Wire.MemberDisk>> looking = [.. NodesFor(request).Select(node => LookAsync(node, context.CancellationToken))];
            while (looking.Count > 0)
            {
                Task<Wire.MemberDisk> done = await Task.WhenAny(looking);
                looking.Remove(done);
                disks.Add(await done);
                await responseStream.WriteAsync(new Wire.SurveyMessage { Disk = disks[^1] }, context.CancellationToken);
            }

            disks.Sort((left, right) => string.CompareOrdinal(left.Node, right.Node));
            await responseStream.WriteAsync(new Wire.SurveyMessage { Choice = SurvivorRanking.Choose(disks) }, context.CancellationToken);
            return true;
        });
    }

    public override Task<Wire.SalvageResponse> Salvage(Wire.SalvageRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "survivors.salvage", request.Node, () =>
        {
            if (request.RequestId.Length > RequestIdLengthMax || _nodes.Find(request.Node) is not { Role: Role.ControlPlane })
            {
                throw new BackupException(FailureCause.NotFound, $"There is no control-plane node '{(SourceKey.IsName(request.Node) ? request.Node : "?")}'.");
            }

            RunStart start = _runs.Start(SalvagePlan.For(request.Node), CallerIdentity.Of(context).Name, request.RequestId);
            return start.Conflict
                ? throw new BackupException(FailureCause.TargetInUse, $"Run {start.Run.Id} salvages already.")
                : Task.FromResult(new Wire.SalvageResponse { RunId = start.Run.Id.ToString() });
        });
    }

    private List<string> NodesFor(Wire.SurveyRequest request)
    {
        string[] known = [.. _nodes.Nodes.Where(n => n.Role == Role.ControlPlane).Select(n => n.Name)];
        string? stranger = request.Nodes.FirstOrDefault(n => !known.Contains(n));
        if (request.Nodes.Count > NodesMax || stranger is not null)
        {
            throw new BackupException(FailureCause.NotFound, $"There is no control-plane node '{(SourceKey.IsName(stranger ?? "") ? stranger : "?")}'.");
        }

        string[] wanted = request.Nodes.Count > 0 ? [.. request.Nodes.Distinct()] : known;
        return wanted.Length is > 0 and <= NodesMax
            ? [.. wanted]
            : throw new BackupException(FailureCause.NotFound, "No agent of a control-plane node ever connected.");
    }

    private async Task<Wire.MemberDisk> LookAsync(string node, CancellationToken cancellationToken)
    {
        if (!_nodes.IsConnected(node))
        {
            return Failed(node, new Failure(node, "", FailureCause.NodeUnavailable, "its agent is not connected"));
        }

        RestoreId id = RestoreId.Create(_clock);
        SourceKey source = new(node, SourceKind.Etcd, SourceName);
        Wire.RestoreTask task = new() { RestoreId = id.ToString(), Source = SourceMapping.ToWire(source), Survey = new Wire.SurveyOptions() };
        // Of no snapshot: there is nothing to fetch.
        WorkItem item = _board.Add(WorkItem.ForRestore(node, new RestoreWork(id, default, source, []), task));
        try
        {
            WorkOutcome outcome = await new RestoreWatch(item, resumed: false, _nodes, _board, _waiting, _clock).UntilOverAsync(() => { }, cancellationToken);
            if (outcome is WorkOutcome.Restored { Report.Disk: { } disk })
            {
                disk.Node = node;
                disk.Failure = null;
                return disk;
            }

            return Failed(node, (outcome as WorkOutcome.Failed)?.Failure ?? new Failure(node, "", FailureCause.ProtocolViolation, "its agent reported something else"));
        }
        finally
        {
            _board.Cancel(item.WorkId);
            _board.Remove(item.WorkId);
        }
    }

    private static Wire.MemberDisk Failed(string node, Failure failure) => new() { Node = node, Failure = SourceMapping.ToWire(failure) };
}
