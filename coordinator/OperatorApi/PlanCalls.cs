using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The calls about plans.</summary>
public sealed class PlanCalls
{
    private readonly IPlans _plans;
    private readonly RunStore _runs;
    private readonly WorkBoard _board;
    private readonly TimeProvider _clock;

    public PlanCalls(IPlans plans, RunStore runs, WorkBoard board, TimeProvider clock)
    {
        _plans = plans;
        _runs = runs;
        _board = board;
        _clock = clock;
    }

    public Task<ListPlansResponse> ListAsync()
    {
        PlanSet set = _plans.Current;
        ListPlansResponse response = new() { Plans = { set.Plans.Select(ToWire) } };
        response.Problems.AddRange(set.Faults.Select(fault => new PlanProblem
        {
            File = fault.File,
            Line = fault.Line,
            Reason = fault.Reason,
            LastGoodInForce = fault.LastGoodInForce,
        }));
        return Task.FromResult(response);
    }

    public Task<Plan> GetAsync(GetPlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        BackupPlan plan = _plans.Current.Find(request.Name)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no plan '{request.Name}' in force."));
        return Task.FromResult(ToWire(plan));
    }

    private Plan ToWire(BackupPlan plan)
    {
        Plan wire = new()
        {
            Name = plan.Name,
            Schedule = plan.Schedule?.Text ?? "",
            TimeZone = plan.TimeZone,
            Paused = plan.Paused,
            Yaml = plan.Yaml,
            File = plan.File,
        };
        if (plan is { Schedule: { } schedule, Paused: false } && schedule.NextAfter(_clock.GetUtcNow()) is var next && next < DateTimeOffset.MaxValue)
        {
            wire.NextRun = Timestamp.FromDateTimeOffset(next);
        }

        if (_runs.LatestWholeOf(plan.Name) is { } last)
        {
            wire.LastRun = RunMapping.ToWire(last, _board);
        }

        return wire;
    }
}
