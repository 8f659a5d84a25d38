using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests;

/// <summary>The operator API with answers the test sets; remembers what it was asked.</summary>
internal sealed class FakeOperator : Operator.OperatorBase
{
    public FakeImpacts Impacts { get; } = new();

    public List<Node> Nodes { get; } = [];

    public List<CoverageItem> Coverage { get; } = [];

    public ListPlansResponse Plans { get; } = new();

    public List<RestorePoint> Points { get; } = [];

    public List<Entry> Files { get; } = [];

    public List<RestoreMessage> Stream { get; } = [];

    public List<Run> RunStates { get; } = [];

    public List<Restore> RestoreStates { get; } = [];

    public List<CheckMessage> CheckMessages { get; } = [];

    public List<CheckRequest> CheckRequests { get; } = [];

    public List<RetentionVerdict> Verdicts { get; } = [];

    /// <summary>Answers to prunes, one after the other.</summary>
    public Queue<List<PruneMessage>> Prunes { get; } = [];

    public List<PruneRequest> PruneRequests { get; } = [];

    /// <summary>Thrown by every call when set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>How the watch of a restore breaks, after its states.</summary>
    public RpcException? WatchFailure { get; set; }

    /// <summary>Calls to watch a run after which the stream breaks once, before its last state.</summary>
    public int WatchBreaks { get; set; }

    /// <summary>Keeps a watch and a download open after their last message until the caller ends them.</summary>
    public bool Hangs { get; set; }

    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PinPointRequest? PinRequest { get; private set; }

    public ExplainRetentionRequest? ExplainRequest { get; private set; }

    public string RemovedNode { get; private set; } = "";

    public CreateJoinTokenRequest? TokenRequest { get; private set; }

    public ListFilesRequest? FilesRequest { get; private set; }

    public FindFilesRequest? FindRequest { get; private set; }

    public List<FindFilesMessage> FindMessages { get; } = [];

    public DownloadFilesRequest? DownloadRequest { get; private set; }

    public StartRestoreRequest? RestoreRequest { get; private set; }

    public StartRestoreRequest? PreviewRequest { get; private set; }

    public PlanClusterRestoreRequest? PlanRequest { get; private set; }

    public ConfirmClusterRestoreRequest? Confirmation { get; private set; }

    /// <summary>What planning a cluster's restore answers.</summary>
    public Restore ClusterPlan { get; set; } = Samples.ClusterPlan();

    public List<string> Cancelled { get; } = [];

    public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        ThrowIfSet();
        return Task.FromResult(new GetStatusResponse { Cluster = "test", Version = "1.2.3", NodesKnown = 2, NodesConnected = 1 });
    }

    public override Task ListNodes(ListNodesRequest request, IServerStreamWriter<Node> responseStream, ServerCallContext context) =>
        SendAsync(Nodes, responseStream);

    public override Task ListCoverage(ListCoverageRequest request, IServerStreamWriter<CoverageItem> responseStream, ServerCallContext context) =>
        SendAsync(Coverage, responseStream);

    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context)
    {
        ThrowIfSet();
        RemovedNode = request.Name;
        return Task.FromResult(new RemoveNodeResponse());
    }

    public override Task<CreateJoinTokenResponse> CreateJoinToken(CreateJoinTokenRequest request, ServerCallContext context)
    {
        TokenRequest = request;
        return Task.FromResult(new CreateJoinTokenResponse { Token = "kb1.secret-token" });
    }

    public override Task<ListPlansResponse> ListPlans(ListPlansRequest request, ServerCallContext context) => Task.FromResult(Plans);

    public override Task<Plan> GetPlan(GetPlanRequest request, ServerCallContext context) =>
        Task.FromResult(Plans.Plans.FirstOrDefault(p => p.Name == request.Name)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no plan '{request.Name}'.")));

    public override Task<Run> StartRun(StartRunRequest request, ServerCallContext context)
    {
        ThrowIfSet();
        return Task.FromResult(RunStates[0]);
    }

    public override Task ListRuns(ListRunsRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context) =>
        SendAsync(RunStates, responseStream);

    public override Task<Run> GetRun(GetRunRequest request, ServerCallContext context) => Task.FromResult(RunStates[0]);

    public override async Task WatchRun(WatchRunRequest request, IServerStreamWriter<Run> responseStream, ServerCallContext context)
    {
        if (WatchBreaks-- > 0)
        {
            await responseStream.WriteAsync(RunStates[0], context.CancellationToken);
            throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator stops."));
        }

        await SendAsync(RunStates, responseStream);
        await HangAsync(context);
    }

    public override Task<Run> CancelRun(CancelRunRequest request, ServerCallContext context) => Task.FromResult(RunStates[^1]);

    public override Task ListPoints(ListPointsRequest request, IServerStreamWriter<RestorePoint> responseStream, ServerCallContext context) =>
        SendAsync(Points, responseStream);

    public override Task<RestorePoint> GetPoint(GetPointRequest request, ServerCallContext context)
    {
        ThrowIfSet();
        return Task.FromResult(Points.FirstOrDefault(p => request.PointId == "latest" || p.Id.StartsWith(request.PointId, StringComparison.Ordinal))
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no restore point '{request.PointId}'.")));
    }

    public override Task ListFiles(ListFilesRequest request, IServerStreamWriter<FileEntry> responseStream, ServerCallContext context)
    {
        FilesRequest = request;
        return SendAsync(Files.Select(f => new FileEntry { Entry = f }), responseStream);
    }

    public override Task FindFiles(FindFilesRequest request, IServerStreamWriter<FindFilesMessage> responseStream, ServerCallContext context)
    {
        FindRequest = request;
        return SendAsync(FindMessages, responseStream);
    }

    public override async Task DownloadFiles(DownloadFilesRequest request, IServerStreamWriter<RestoreMessage> responseStream, ServerCallContext context)
    {
        DownloadRequest = request;
        await SendAsync(Stream, responseStream);
        await HangAsync(context);
        ThrowIfSet();
    }

    public override Task<Restore> StartRestore(StartRestoreRequest request, ServerCallContext context)
    {
        RestoreRequest = request;
        return Task.FromResult(RestoreStates[0]);
    }

    public override Task<Restore> PreviewRestore(StartRestoreRequest request, ServerCallContext context)
    {
        PreviewRequest = request;
        return Task.FromResult(RestoreStates[0]);
    }

    public override Task<Restore> GetRestore(GetRestoreRequest request, ServerCallContext context) => Task.FromResult(RestoreStates[0]);

    public override Task ListRestores(ListRestoresRequest request, IServerStreamWriter<Restore> responseStream, ServerCallContext context) =>
        SendAsync(RestoreStates, responseStream);

    public override async Task WatchRestore(WatchRestoreRequest request, IServerStreamWriter<Restore> responseStream, ServerCallContext context)
    {
        await SendAsync(RestoreStates, responseStream);
        if (WatchFailure is { } failure)
        {
            throw failure;
        }

        await HangAsync(context);
    }

    public override Task<Restore> CancelRestore(CancelRestoreRequest request, ServerCallContext context)
    {
        Cancelled.Add(request.RestoreId);
        return Task.FromResult(RestoreStates[^1]);
    }

    public override Task<Restore> PlanClusterRestore(PlanClusterRestoreRequest request, ServerCallContext context)
    {
        PlanRequest = request;
        return Task.FromResult(ClusterPlan);
    }

    public override Task<Restore> ConfirmClusterRestore(ConfirmClusterRestoreRequest request, ServerCallContext context)
    {
        Confirmation = request;
        return Task.FromResult(ClusterPlan);
    }

    public override Task Check(CheckRequest request, IServerStreamWriter<CheckMessage> responseStream, ServerCallContext context)
    {
        CheckRequests.Add(request);
        return SendAsync(CheckMessages, responseStream);
    }

    public override Task ExplainRetention(
        ExplainRetentionRequest request, IServerStreamWriter<RetentionVerdict> responseStream, ServerCallContext context)
    {
        ThrowIfSet();
        ExplainRequest = request;
        return SendAsync(Verdicts, responseStream);
    }

    public override Task<PinPointResponse> PinPoint(PinPointRequest request, ServerCallContext context)
    {
        ThrowIfSet();
        PinRequest = request;
        return Task.FromResult(new PinPointResponse { PointId = Samples.PointId, IsNew = request.Reason.Length > 0 });
    }

    public override Task<UnpinPointResponse> UnpinPoint(UnpinPointRequest request, ServerCallContext context) =>
        Task.FromResult(new UnpinPointResponse { PointId = Samples.PointId, WasPinned = true });

    public override Task Prune(PruneRequest request, IServerStreamWriter<PruneMessage> responseStream, ServerCallContext context)
    {
        ThrowIfSet();
        PruneRequests.Add(request);
        return SendAsync(Prunes.Dequeue(), responseStream);
    }

    private static async Task SendAsync<T>(IEnumerable<T> items, IServerStreamWriter<T> stream)
    {
        foreach (T item in items)
        {
            await stream.WriteAsync(item);
        }
    }

    private void ThrowIfSet()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }

    private async Task HangAsync(ServerCallContext context)
    {
        if (Hangs)
        {
            Hanging.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        }
    }
}
