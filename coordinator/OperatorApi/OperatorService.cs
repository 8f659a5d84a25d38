using Grpc.Core;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The operator's API: hands each call to the class of its subject, and changing calls to the audit log.</summary>
public sealed class OperatorService : Operator.OperatorBase
{
    private readonly AuditLog _audit;
    private readonly FleetCalls _fleet;
    private readonly PlanCalls _plans;
    private readonly RunCalls _runs;
    private readonly RepositoryCalls _repository;

    public OperatorService(AuditLog audit, FleetCalls fleet, PlanCalls plans, RunCalls runs, RepositoryCalls repository)
    {
        _audit = audit;
        _fleet = fleet;
        _plans = plans;
        _runs = runs;
        _repository = repository;
    }

    public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context) => _fleet.GetStatusAsync(context);

    public override Task ListNodes(ListNodesRequest request, IServerStreamWriter<Node> responseStream, ServerCallContext context) =>
        _fleet.ListNodesAsync(responseStream, context);

    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "node.remove", request.Name, () => _fleet.RemoveNodeAsync(request, context));

    public override Task<CreateJoinTokenResponse> CreateJoinToken(CreateJoinTokenRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "join-token.create", $"{request.Role} {request.Node}".TrimEnd(), () => _fleet.CreateJoinTokenAsync(request));

    public override Task<ListPlansResponse> ListPlans(ListPlansRequest request, ServerCallContext context) => _plans.ListAsync();

    public override Task<Plan> GetPlan(GetPlanRequest request, ServerCallContext context) => _plans.GetAsync(request);

    public override Task ListCoverage(ListCoverageRequest request, IServerStreamWriter<CoverageItem> responseStream, ServerCallContext context) =>
        _repository.Coverage.ListAsync(responseStream, context);

    public override Task<Run> StartRun(StartRunRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "run.start", request.Plan, () => _runs.StartAsync(request, context));

    public override Task ListRuns(ListRunsRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context) =>
        _runs.ListAsync(request, responseStream, context);

    public override Task<Run> GetRun(GetRunRequest request, ServerCallContext context) => _runs.GetAsync(request);

    public override Task WatchRun(WatchRunRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context) =>
        _runs.WatchAsync(request, responseStream, context);

    public override Task<Run> CancelRun(CancelRunRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "run.cancel", request.RunId, () => _runs.CancelAsync(request, context));

    public override Task ListPoints(ListPointsRequest request, IServerStreamWriter<RestorePoint> responseStream, ServerCallContext context) =>
        _repository.Points.ListAsync(request, responseStream, context);

    public override Task<RestorePoint> GetPoint(GetPointRequest request, ServerCallContext context) =>
        _repository.Points.GetAsync(request, context);

    public override Task ListFiles(ListFilesRequest request, IServerStreamWriter<FileEntry> responseStream, ServerCallContext context) =>
        _repository.Files.ListAsync(request, responseStream, context);

    public override Task FindFiles(FindFilesRequest request, IServerStreamWriter<FindFilesMessage> responseStream, ServerCallContext context) =>
        _repository.Search.FindAsync(request, responseStream, context);

    // Data leaves the repository here, so the log has it although nothing changes.
    public override Task DownloadFiles(DownloadFilesRequest request, IServerStreamWriter<RestoreMessage> responseStream, ServerCallContext context) =>
        _audit.RecordAsync(context, "files.download", $"{Text(request.Source)} of {request.PointId}", async () =>
        {
            await _repository.Download.DownloadAsync(request, responseStream, context);
            return true;
        });

    public override Task<Restore> StartRestore(StartRestoreRequest request, ServerCallContext context) =>
        _audit.RecordAsync(
            context,
            "restore.start",
            Text(request),
            () => _repository.Restores.StartAsync(request, context));

    public override Task<Restore> PreviewRestore(StartRestoreRequest request, ServerCallContext context) =>
        _repository.Restores.StartAsync(request, context, isPreview: true);

    public override Task<Restore> GetRestore(GetRestoreRequest request, ServerCallContext context) => _repository.Restores.GetAsync(request);

    public override Task ListRestores(ListRestoresRequest request, IServerStreamWriter<Restore> responseStream, ServerCallContext context) =>
        _repository.Restores.ListAsync(request, responseStream, context);

    public override Task WatchRestore(WatchRestoreRequest request, IServerStreamWriter<Restore> responseStream, ServerCallContext context) =>
        _repository.Restores.WatchAsync(request, responseStream, context);

    public override Task<Restore> CancelRestore(CancelRestoreRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "restore.cancel", request.RestoreId, () => _repository.Restores.CancelAsync(request, context));

    public override Task<Restore> PlanClusterRestore(PlanClusterRestoreRequest request, ServerCallContext context) =>
        _audit.RecordAsync(
            context, "restore.plan", $"{Text(request.Source)} of {request.PointId}", () => _repository.Restores.PlanClusterAsync(request, context));

    public override Task<Restore> ConfirmClusterRestore(ConfirmClusterRestoreRequest request, ServerCallContext context) =>
        _audit.RecordAsync(
            context, "restore.confirm", request.RestoreId, () => _repository.Restores.ConfirmClusterAsync(request, context));

    public override Task Check(CheckRequest request, IServerStreamWriter<CheckMessage> responseStream, ServerCallContext context) =>
        _repository.Check.CheckAsync(request, responseStream, context);

    public override Task ExplainRetention(
        ExplainRetentionRequest request, IServerStreamWriter<RetentionVerdict> responseStream, ServerCallContext context) =>
        _repository.Retention.ExplainAsync(request, responseStream, context);

    public override Task<PinPointResponse> PinPoint(PinPointRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "point.pin", request.PointId, () => _repository.Retention.PinAsync(request, context));

    public override Task<UnpinPointResponse> UnpinPoint(UnpinPointRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "point.unpin", request.PointId, () => _repository.Retention.UnpinAsync(request, context));

    // Only what changes something is recorded; a dry run does not.
    public override Task Prune(PruneRequest request, IServerStreamWriter<PruneMessage> responseStream, ServerCallContext context) =>
        request.DryRun
            ? _repository.Retention.PruneAsync(request, responseStream, context)
            : _audit.RecordAsync(context, "prune", request.TrustClock ? "trusting the clock" : "", async () =>
            {
                await _repository.Retention.PruneAsync(request, responseStream, context);
                return true;
            });

    // For the log only: whether the source makes sense is for the call itself to say.
    private static string Text(StartRestoreRequest request)
    {
        string source = request.From is { } from ? VolumeNameText.Of(from) : Text(request.Source);
        string place = request.Into is { } into ? $"into {VolumeNameText.Of(into)}" : $"on {(request.Node.Length > 0 ? request.Node : "its own node")}";
        return $"{source} of {request.PointId} {place}";
    }

    private static string Text(SourceKey? source) => source is null ? "" : $"{source.Kind}/{source.Name}@{source.Node}";
}
