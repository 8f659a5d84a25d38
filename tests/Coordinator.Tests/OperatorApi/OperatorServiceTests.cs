using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Fleet;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Role = K8sBackup.Transport.Identity.Role;
using RunState = K8sBackup.Transport.V1.RunState;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Coordinator.Tests.OperatorApi;

public sealed class OperatorServiceTests : IAsyncLifetime
{
    private const string PlanText = """
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata: {name: nightly}
        spec:
          schedule: "0 2 * * *"
          sources: [{volume: {name: data, path: /srv/data}}]
        """;

    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");
    private readonly TestCoordinator _coordinator = new();
    private readonly AgentConnection _connection = new();
    private Operator.OperatorClient _client = null!;

    public async Task InitializeAsync()
    {
        await _coordinator.StartAsync();
        _client = new Operator.OperatorClient(_coordinator.ChannelOf(Role.Operator, "alice"));
        _coordinator.WritePlan("nightly.yaml", PlanText);
        _coordinator.Services.GetRequiredService<PlanDirectory>().Reload();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _coordinator.Nodes.Connect(new NodeRecord { Name = "w-1", Role = Role.Worker, LastSeen = now, CertificateNotAfter = now }, _connection);
    }

    public async Task DisposeAsync()
    {
        _connection.Dispose();
        await _coordinator.DisposeAsync();
    }

    [Theory]
    [InlineData(Role.Worker, StatusCode.PermissionDenied)]
    [InlineData(Role.ControlPlane, StatusCode.PermissionDenied)]
    [InlineData(null, StatusCode.Unauthenticated)]
    public async Task AnyCall_CallerIsNoOperator_IsRefused(Role? role, StatusCode expected)
    {
        Operator.OperatorClient client = new(role is { } known ? _coordinator.ChannelOf(known, "w-1") : _coordinator.ChannelWithoutCertificate());
        Assert.Equal(expected, await StatusOfAsync(async () => await client.GetStatusAsync(new GetStatusRequest())));
        Assert.Equal(expected, await StatusOfAsync(async () => await client.CreateJoinTokenAsync(new CreateJoinTokenRequest { Role = Transport.V1.Role.Worker })));
    }

    [Fact]
    public async Task GetStatus_OneNode_CountsIt()
    {
        GetStatusResponse status = await _client.GetStatusAsync(new GetStatusRequest());
        Assert.Equal(("prod", 1, 1, "memory"), (status.Cluster, status.NodesConnected, status.NodesKnown, status.Store));
    }

    [Fact]
    public async Task CreateJoinToken_OutOfRange_IsInvalid()
    {
        foreach (CreateJoinTokenRequest request in new[]
        {
            new CreateJoinTokenRequest(),
            new CreateJoinTokenRequest { Role = Transport.V1.Role.Worker, Node = "No Node" },
            new CreateJoinTokenRequest { Role = Transport.V1.Role.Worker, Lifetime = new Duration { Seconds = 59 } },
            new CreateJoinTokenRequest { Role = Transport.V1.Role.Worker, Lifetime = new Duration { Seconds = 315_576_000_000 } },
        })
        {
            Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(async () => await _client.CreateJoinTokenAsync(request)));
        }
    }

    [Fact]
    public async Task Changes_AreInTheAuditLogWithoutSecrets()
    {
        CreateJoinTokenResponse token = await _client.CreateJoinTokenAsync(new CreateJoinTokenRequest { Role = Transport.V1.Role.Worker, Node = "w-2" });
        await StatusOfAsync(async () => await _client.StartRunAsync(new StartRunRequest { Plan = "none" }));
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(_coordinator.Directory, "audit.log"));
        Assert.Equal(2, lines.Length);
        using JsonDocument created = JsonDocument.Parse(lines[0]);
        Assert.Equal("spiffe://prod/operator/alice", created.RootElement.GetProperty("actor").GetString());
        Assert.Equal("join-token.create", created.RootElement.GetProperty("action").GetString());
        Assert.Equal("ok", created.RootElement.GetProperty("result").GetString());
        Assert.DoesNotContain(token.Token.Split('.')[2], lines[0], StringComparison.Ordinal);
        Assert.Contains("NotFound", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCall_MoreMetadataThanAnybodyNeeds_IsRefusedAndOthersAreServed()
    {
        Metadata bomb = [.. Enumerable.Range(0, 2_000).Select(i => new Metadata.Entry($"x-{i}", new string('a', 1_000)))];
        Operator.OperatorClient hostile = new(_coordinator.ChannelOf(Role.Worker, "w-9"));
        // Permission denied would mean that it was read.
        Assert.NotEqual(StatusCode.PermissionDenied, await StatusOfAsync(async () => await hostile.GetStatusAsync(new GetStatusRequest(), bomb)));
        Assert.Equal("prod", (await _client.GetStatusAsync(new GetStatusRequest())).Cluster);
    }

    [Fact]
    public async Task RemoveNode_ItsSessionEndsAndItsCertificateIsRefused()
    {
        GrpcChannel stolen = _coordinator.ChannelOf(Role.Worker, "w-3");
        using TestAgent agent = new(stolen);
        await agent.GreetAsync([]);
        Assert.Contains(_coordinator.Nodes.Nodes, node => node.Name == "w-3");

        await _client.RemoveNodeAsync(new RemoveNodeRequest { Name = "w-3" });

        Assert.NotEqual(StatusCode.OK, await agent.EndStatusAsync());
        Assert.DoesNotContain(_coordinator.Nodes.Nodes, node => node.Name == "w-3");
        Transport.V1.Enrolment.EnrolmentClient enrolment = new(stolen);
        Assert.Equal(StatusCode.PermissionDenied, await StatusOfAsync(async () => await enrolment.RenewAsync(new RenewRequest())));
        using TestAgent again = new(stolen);
        Assert.Equal(StatusCode.PermissionDenied, await again.EndStatusAsync());
        // Another node's is as good as before, and so is one of a later enrolment: certificates count seconds.
        GrpcChannel other = _coordinator.ChannelOf(Role.Worker, "w-4");
        Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(async () => await new Transport.V1.Enrolment.EnrolmentClient(other).RenewAsync(new RenewRequest())));
        await Eventually.TrueAsync(async () =>
        {
            GrpcChannel later = _coordinator.ChannelOf(Role.Worker, "w-3");
            return await StatusOfAsync(async () => await new Transport.V1.Enrolment.EnrolmentClient(later).RenewAsync(new RenewRequest())) == StatusCode.InvalidArgument;
        });
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(async () => await _client.RemoveNodeAsync(new RemoveNodeRequest { Name = "w-3" })));
    }

    [Fact]
    public async Task ListPlans_GoodAndBadFile_ShowsPlanAndProblem()
    {
        _coordinator.WritePlan("broken.yaml", "kind: [");
        _coordinator.Services.GetRequiredService<PlanDirectory>().Reload();
        ListPlansResponse plans = await _client.ListPlansAsync(new ListPlansRequest());
        Assert.NotNull(Assert.Single(plans.Plans).NextRun);
        Assert.Equal("broken.yaml", Assert.Single(plans.Problems).File);
        Assert.Equal(StatusCode.NotFound, await StatusOfAsync(async () => await _client.GetPlanAsync(new GetPlanRequest { Name = "none" })));
    }

    [Fact]
    public async Task StartRun_ThenWatch_ShowsEveryStateToTheEnd()
    {
        Run started = await _client.StartRunAsync(new StartRunRequest { Plan = "nightly", RequestId = "r1" });
        Assert.Equal(started.Id, (await _client.StartRunAsync(new StartRunRequest { Plan = "nightly", RequestId = "r1" })).Id);
        Assert.Equal("alice", started.StartedBy);
        Assert.Equal(StatusCode.FailedPrecondition, await StatusOfAsync(async () => await _client.StartRunAsync(new StartRunRequest { Plan = "nightly", RequestId = "r2" })));

        using AsyncServerStreamingCall<Run> watch = _client.WatchRun(new WatchRunRequest { RunId = started.Id[..20] });
        RunId id = RunId.Parse(started.Id);
        await Eventually.TrueAsync(() => _coordinator.Board.Find(WorkIds.ForBackup(id, Data)) is not null);
        WorkItem item = _coordinator.Board.Find(WorkIds.ForBackup(id, Data))!;
        _coordinator.Board.ReportProgress(item.WorkId, new Model.Outcomes.WorkProgress { BytesDone = 42 });
        Run last = started;
        bool sawProgress = false;
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            last = watch.ResponseStream.Current;
            if (last.Sources.Single().Progress.BytesDone == 42 && !sawProgress)
            {
                sawProgress = true;
                _coordinator.Board.ReportResult(item.WorkId, new WorkOutcome.SnapshotCommitted(_coordinator.Repository.Commit(id, Data)));
            }
        }

        Assert.True(sawProgress);
        Assert.Equal(RunState.Completed, last.State);
        Assert.Equal(7, last.Sources.Single().Counts.Files);
        Assert.Equal(_coordinator.Repository.Points.Single().Id.ToString(), last.PointId);
    }

    [Fact]
    public async Task CancelRun_WhileItGoesOn_EndsIt()
    {
        Run started = await _client.StartRunAsync(new StartRunRequest { Plan = "nightly" });
        await _client.CancelRunAsync(new CancelRunRequest { RunId = started.Id });
        RunStore store = _coordinator.Services.GetRequiredService<RunStore>();
        RunId id = RunId.Parse(started.Id);
        await Eventually.TrueAsync(() => store.Find(id)!.CancelledBy == "alice");
        WorkItem? item = _coordinator.Board.Find(WorkIds.ForBackup(id, Data));
        if (item is not null)
        {
            _coordinator.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Model.Outcomes.Failure("w-1", "", Model.Outcomes.FailureCause.Cancelled, "cancelled")));
        }

        await Eventually.TrueAsync(() => store.Find(id)!.IsOver);
        Assert.Equal(RunState.Cancelled, (await _client.GetRunAsync(new GetRunRequest { RunId = started.Id })).State);
    }

    [Fact]
    public async Task GetRun_UnknownOrAmbiguous_IsRefused()
    {
        foreach (string id in new[] { "", "zzz", "no-run" })
        {
            Assert.Equal(StatusCode.NotFound, await StatusOfAsync(async () => await _client.GetRunAsync(new GetRunRequest { RunId = id })));
        }

        using AsyncServerStreamingCall<Run> list = _client.ListRuns(new ListRunsRequest { Limit = 1001 });
        Assert.Equal(StatusCode.InvalidArgument, await StatusOfAsync(() => list.ResponseStream.MoveNext(CancellationToken.None)));
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
