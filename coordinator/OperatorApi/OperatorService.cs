using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The operator's API: hands each call to the class of its subject, and changing calls to the audit log.</summary>
public sealed class OperatorService : Operator.OperatorBase
{
    private readonly AuditLog _audit;
    private readonly FleetCalls _fleet;
    private readonly PlanCalls _plans;
    private readonly RunCalls _runs;

    public OperatorService(AuditLog audit, FleetCalls fleet, PlanCalls plans, RunCalls runs)
    {
        _audit = audit;
        _fleet = fleet;
        _plans = plans;
        _runs = runs;
    }

    public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context) => _fleet.GetStatusAsync();

    public override Task ListNodes(ListNodesRequest request, IServerStreamWriter<Node> responseStream, ServerCallContext context) =>
        _fleet.ListNodesAsync(responseStream, context);

    public override Task<CreateJoinTokenResponse> CreateJoinToken(CreateJoinTokenRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "join-token.create", $"{request.Role} {request.Node}".TrimEnd(), () => _fleet.CreateJoinTokenAsync(request));

    public override Task<ListPlansResponse> ListPlans(ListPlansRequest request, ServerCallContext context) => _plans.ListAsync();

    public override Task<Plan> GetPlan(GetPlanRequest request, ServerCallContext context) => _plans.GetAsync(request);

    public override Task<Run> StartRun(StartRunRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "run.start", request.Plan, () => _runs.StartAsync(request, context));

    public override Task ListRuns(ListRunsRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context) =>
        _runs.ListAsync(request, responseStream, context);

    public override Task<Run> GetRun(GetRunRequest request, ServerCallContext context) => _runs.GetAsync(request);

    public override Task WatchRun(WatchRunRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context) =>
        _runs.WatchAsync(request, responseStream, context);

    public override Task<Run> CancelRun(CancelRunRequest request, ServerCallContext context) =>
        _audit.RecordAsync(context, "run.cancel", request.RunId, () => _runs.CancelAsync(request, context));
}
