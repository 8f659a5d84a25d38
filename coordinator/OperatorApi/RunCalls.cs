using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The calls about runs.</summary>
public sealed class RunCalls
{
    private const int ListDefault = 50;
    private const int ListMax = 1000;
    private const int RequestIdLengthMax = 128;

    // "At most four times a second."
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private readonly RunEngine _engine;
    private readonly RunStore _store;
    private readonly IPlans _plans;
    private readonly WorkBoard _board;
    private readonly TimeProvider _clock;
    private readonly IHostApplicationLifetime _lifetime;

    public RunCalls(
        RunEngine engine, RunStore store, IPlans plans, WorkBoard board, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        _engine = engine;
        _store = store;
        _plans = plans;
        _board = board;
        _clock = clock;
        _lifetime = lifetime;
    }

    public Task<Run> StartAsync(StartRunRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestId.Length > RequestIdLengthMax)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"A request id has at most {RequestIdLengthMax} characters."));
        }

        BackupPlan plan = _plans.Current.Find(request.Plan)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no plan '{request.Plan}' in force."));
        RunStart start = _engine.Start(plan, CallerIdentity.Of(context).Name, request.RequestId);
        return start.Conflict
            ? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Run {start.Run.Id} of plan {plan.Name} goes on."))
            : Task.FromResult(RunMapping.ToWire(start.Run, _board));
    }

    public async Task ListAsync(ListRunsRequest request, IServerStreamWriter<Run> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        int limit = request.Limit switch
        {
            0 => ListDefault,
            > 0 and <= ListMax => request.Limit,
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, $"The limit must be between 1 and {ListMax}.")),
        };
        foreach (RunRecord run in _store.List().Where(r => request.Plan.Length == 0 || r.Plan == request.Plan).Take(limit))
        {
            await responses.WriteAsync(RunMapping.ToWire(run, _board), context.CancellationToken);
        }
    }

    public Task<Run> GetAsync(GetRunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.FromResult(RunMapping.ToWire(Require(request.RunId), _board));
    }

    public async Task WatchAsync(WatchRunRequest request, IServerStreamWriter<Run> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _lifetime.ApplicationStopping);
        RunId id = Require(request.RunId).Id;
        Run? sent = null;
        try
        {
            while (true)
            {
                RunRecord run = _store.Find(id) ?? throw new RpcException(new Status(StatusCode.NotFound, $"Run {id} is no longer kept."));
                Run now = RunMapping.ToWire(run, _board);
                if (!now.Equals(sent))
                {
                    await responses.WriteAsync(now, end.Token);
                    sent = now;
                }

                if (run.IsOver)
                {
                    return;
                }

                await Task.Delay(WatchInterval, _clock, end.Token);
            }
        }
        catch (OperationCanceledException) when (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator stops; the run goes on when it is back."));
        }
    }

    public Task<Run> CancelAsync(CancelRunRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        RunRecord run = Require(request.RunId);
        _engine.Cancel(run.Id, CallerIdentity.Of(context).Name);
        return Task.FromResult(RunMapping.ToWire(_store.Find(run.Id) ?? run, _board));
    }

    /// <summary>The run of that id or unique beginning of an id.</summary>
    private RunRecord Require(string text)
    {
        RunRecord[] found = text.Length == 0
            ? []
            : [.. _store.List().Where(r => r.Id.ToString().StartsWith(text, StringComparison.Ordinal)).Take(2)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new RpcException(new Status(StatusCode.NotFound, $"There is no run '{text}'.")),
            _ => throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{text}' is the beginning of several run ids; give more of it.")),
        };
    }
}
