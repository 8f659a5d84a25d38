using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Hosting;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Drills;

/// <summary>The operator's calls about drills.</summary>
public sealed class DrillService : Wire.Drills.DrillsBase
{
    private const int ListDefault = 50;
    private const int ListMax = 1000;

    private readonly DrillEngine _engine;
    private readonly DrillPlanner _planner;
    private readonly DrillDirectory _directory;
    private readonly PointCatalog _points;
    private readonly AuditLog _audit;
    private readonly RestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly IHostApplicationLifetime _lifetime;

    public DrillService(
        DrillEngine engine,
        DrillPlanner planner,
        DrillDirectory directory,
        PointCatalog points,
        AuditLog audit,
        RestoreOptions options,
        TimeProvider clock,
        IHostApplicationLifetime lifetime)
    {
        _engine = engine;
        _planner = planner;
        _directory = directory;
        _points = points;
        _audit = audit;
        _options = options;
        _clock = clock;
        _lifetime = lifetime;
    }

    public override Task<Wire.StartDrillsResponse> Start(Wire.StartDrillsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "drill.start", request.PointId, () => StartAsync(request, CallerIdentity.Of(context).Name, context.CancellationToken));
    }

    public override async Task List(Wire.ListDrillsRequest request, IServerStreamWriter<Wire.Drill> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        int limit = request.Limit switch
        {
            0 => ListDefault,
            > 0 and <= ListMax => request.Limit,
            _ => throw new BackupException(FailureCause.InvalidRequest, $"The limit must be between 1 and {ListMax}."),
        };
        RestorePointId? point = request.PointId.Length == 0 ? null : (await _points.ResolveAsync(request.PointId, context.CancellationToken)).Id;
        foreach (Wire.Drill drill in (await AllAsync(point, context.CancellationToken)).Take(limit))
        {
            await responseStream.WriteAsync(drill, context.CancellationToken);
        }
    }

    public override Task<Wire.Drill> Get(Wire.GetDrillRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return FindAsync(request.DrillId, context.CancellationToken);
    }

    public override async Task Watch(Wire.WatchDrillRequest request, IServerStreamWriter<Wire.Drill> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _lifetime.ApplicationStopping);
        Wire.Drill? sent = null;
        try
        {
            while (true)
            {
                Wire.Drill now = await FindAsync(sent?.Id ?? request.DrillId, end.Token);
                if (!now.Equals(sent))
                {
                    await responseStream.WriteAsync(now, end.Token);
                    sent = now;
                }

                if (now.State is not (Wire.DrillState.Waiting or Wire.DrillState.Running))
                {
                    return;
                }

                await Task.Delay(_options.Interval, _clock, end.Token);
            }
        }
        catch (OperationCanceledException) when (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator stops, and forgets its drills."));
        }
    }

    public override Task<Wire.Drill> Cancel(Wire.CancelDrillRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return _audit.RecordAsync(context, "drill.cancel", request.DrillId, async () =>
        {
            if (Known(request.DrillId) is [{ } drill])
            {
                _engine.Cancel(drill);
            }

            return await FindAsync(request.DrillId, context.CancellationToken);
        });
    }

    private async Task<Wire.StartDrillsResponse> StartAsync(Wire.StartDrillsRequest request, string startedBy, CancellationToken cancellationToken)
    {
        RestorePointManifest point = await _points.ResolveAsync(request.PointId.Length == 0 ? PointCatalog.Latest : request.PointId, cancellationToken);
        SourceKey? source = request.Source is null ? null : SourceOf(request.Source);
        if (source is not null)
        {
            // Says by itself why there is none.
            await _points.SnapshotOfAsync(point, source, cancellationToken);
        }

        IReadOnlyList<DrillCase> drills = await _planner.PlanAsync(point, s => source is null || s == source, request.Node, startedBy, cancellationToken);
        foreach (DrillCase drill in drills)
        {
            // Refused now, not when its turn comes.
            _planner.NodeFor(drill);
        }

        Wire.StartDrillsResponse response = new();
        foreach (DrillCase drill in drills)
        {
            _ = _engine.Enqueue(drill);
            response.Drills.Add(DrillCaseMapping.ToWire(drill, WorkProgress.None));
        }

        return response.Drills.Count > 0
            ? response
            : throw new BackupException(FailureCause.NotFound, $"Restore point {point.Id} has no snapshot to hold a drill with.");
    }

    private static SourceKey SourceOf(Wire.SourceKey source)
    {
        try
        {
            return SourceMapping.ToModel(source);
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The request names no valid source.", e);
        }
    }

    // What is known here may be in the store already, too.
    private async Task<List<Wire.Drill>> AllAsync(RestorePointId? point, CancellationToken cancellationToken)
    {
        IReadOnlyList<DrillRecord> recorded = await _directory.AllAsync(cancellationToken);
        HashSet<DrillId> inStore = [.. recorded.Select(r => r.Id)];
        return
        [
            .. _engine.Known.Where(d => !inStore.Contains(d.Id) && (point is null || d.Point == point))
                .Select(d => (d.Id, Drill: DrillCaseMapping.ToWire(d, _engine.ProgressOf(d))))
                .Concat(recorded.Where(r => point is null || r.Point == point).Select(r => (r.Id, Drill: DrillMapping.ToWire(r))))
                .OrderByDescending(d => d.Id)
                .Select(d => d.Drill),
        ];
    }

    private List<DrillCase> Known(string text) =>
        text.Length == 0 ? [] : [.. _engine.Known.Where(d => d.Id.ToString().StartsWith(text, StringComparison.Ordinal))];

    private async Task<Wire.Drill> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (Known(text) is [{ } drill])
        {
            return DrillCaseMapping.ToWire(drill, _engine.ProgressOf(drill));
        }

        Wire.Drill[] found = text.Length == 0 ? [] : [.. (await AllAsync(null, cancellationToken)).Where(d => d.Id.StartsWith(text, StringComparison.Ordinal))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new BackupException(FailureCause.NotFound, $"There is no drill '{text}'."),
            _ => throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is the beginning of several drill ids; give more of it."),
        };
    }
}
