using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Pruning;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Retention;

public sealed class PruneServiceTests
{
    [Fact]
    public async Task Run_ByThePlansRules_DeletesOldPointsAndThenTheirPacks()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RestorePointManifest old = await world.PointAsync(1);
        RestorePointManifest kept = await world.PointAsync(2);
        PruneReport plan = await world.PruneAsync(execute: false);
        Assert.Equal([old.Id], plan.RestorePoints);
        Assert.Equal(2, (await world.PointsAsync()).Count);

        PruneReport first = await world.PruneAsync();
        PruneReport second = await world.PruneAsync();

        Assert.Equal([old.Id], first.RestorePoints);
        Assert.Equal(old.Sources[0].Snapshot, Assert.Single(first.Snapshots));
        Assert.InRange(second.Deleted.Bytes, 300_000, 500_000);
        Assert.Equal([$"restore-points/{kept.Id}"], await world.PointsAsync());
        Assert.Null(await world.Store.Snapshots.FindAsync(old.Run, RetentionWorld.Volume, default));
    }

    [Fact]
    public async Task Run_ParentDeleted_TheNextBackupReadsAndSendsEverything()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RestorePointManifest old = await world.PointAsync(1);
        using (RepositoryLease lease = world.Store.Access.Enter())
        {
            PruneRequest all = new() { Expired = [old.Id] };
            PruneReport report = await new RepositoryPruner(lease.Writer, world.Options, TimeProvider.System).RunAsync(all, null, default);
            Assert.Single(report.Snapshots);
        }

        // The directory was not told: the parent it would choose is found to be gone.
        WorkItem item = world.Store.AddBackup(RetentionWorld.Volume);
        await using UploadAgent agent = await UploadAgent.OpenAsync(world.Store, item);
        Assert.Equal("", agent.Accepted.ParentSnapshotId);
        await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("a", RetentionWorld.Bytes(1, 300_000))));
    }

    [Fact]
    public async Task Run_BesideAnUploadWithTheOldParent_KeepsTheParentUntilTheUploadIsOver()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepWithin: 1h, minimumGood: 1}");
        RestorePointManifest old = await world.PointAsync(1);
        SnapshotId parent = old.Sources[0].Snapshot!.Value;
        WorkItem item = world.Store.AddBackup(RetentionWorld.Volume);
        await using UploadAgent agent = await UploadAgent.OpenAsync(world.Store, item);
        Assert.Equal(parent.ToString(), agent.Accepted.ParentSnapshotId);
        using (RepositoryLease lease = world.Store.Access.Enter())
        {
            RepositoryPruner pruner = new(lease.Writer, world.Options, TimeProvider.System);
            PruneReport report = await pruner.RunAsync(new PruneRequest { Expired = [old.Id] }, null, default);
            Assert.Equal((1, 0), (report.RestorePoints.Count, report.Snapshots.Count));
            Assert.Equal(0, (await pruner.RunAsync(new PruneRequest(), null, default)).Deleted.Packs);
        }

        // References chunks of the parent without sending them.
        Model.Trees.Extent extent = new(0, ChunkId.Of(RetentionWorld.Bytes(1, 300_000)), 0, 300_000);
        await agent.CommitAsync(await agent.TreeAsync(UploadAgent.File("a", 300_000, extent)));
        await world.Store.CommitPointAsync(((WorkOutcome.SnapshotCommitted)await item.Completion).Manifest);
        await world.PruneAsync();
        await world.PruneAsync();
    }

    [Fact]
    public async Task Run_WhileAnUploadIsInterrupted_KeepsWhatItsLedgerNames()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RunId run = RunId.Create(TimeProvider.System);
        byte[] content = RetentionWorld.Bytes(5, 200_000);
        await SendAndBreakAsync(world, run, content);
        await world.Store.RestartAsync();

        await world.PruneAsync();
        await world.PruneAsync();

        // What came after the last entry in the ledger may go; what is in it is not asked for again.
        await using UploadAgent agent = await UploadAgent.OpenAsync(world.Store, world.Store.AddBackup(RetentionWorld.Volume, run));
        Assert.NotEqual(0, agent.KnownAtStart);
        Model.Trees.TreeEntry file = await agent.FileAsync("a", content);
        Assert.Equal(0, agent.FramesSent);
        await agent.CommitAsync(await agent.TreeAsync(file));
    }

    [Fact]
    public async Task Resume_OfWhatWasCondemnedMeanwhile_IsSentAgain()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RunId run = RunId.Create(TimeProvider.System);
        byte[] content = RetentionWorld.Bytes(5, 200_000);
        await SendAndBreakAsync(world, run, content);
        await world.Store.RestartAsync();
        using (RepositoryLease lease = world.Store.Access.Enter())
        {
            // As if the ledger had been lost for the prune and come back.
            RepositoryPruner pruner = new(lease.Writer, world.Options, TimeProvider.System);
            Assert.NotEqual(0, (await pruner.RunAsync(new PruneRequest(), null, default)).Condemned.Packs);
        }

        await using UploadAgent agent = await UploadAgent.OpenAsync(world.Store, world.Store.AddBackup(RetentionWorld.Volume, run));
        Assert.Equal(0, agent.KnownAtStart);
        await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("a", content)));
        Assert.NotEqual(0, (await world.PruneAsync()).Deleted.Packs);
    }

    [Fact]
    public async Task Run_BesideACheck_IsRefused()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        using (world.Gate.Enter("a check"))
        {
            BackupException e = await Assert.ThrowsAsync<BackupException>(() => world.PruneAsync());
            Assert.Equal((FailureCause.TargetInUse, "A check of the repository is going on."), (e.Failure.Cause, e.Failure.Message));
        }

        await world.PruneAsync();
    }

    [Fact]
    public async Task Run_WithAClockNobodyCanTrust_IsSaidUntilAPruneMeetsNothing()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        await world.PointAsync(1);
        await world.PruneAsync(execute: false);
        Assert.Null(world.Outcomes.Prune);
        PruneOptions right = world.Options;
        world.Options = right with { StoreAhead = () => TimeSpan.FromHours(-1) };
        await world.PruneAsync();

        string warning = Assert.Single(await world.Outcomes.WarningsAsync(default));

        Assert.Contains("could not do all it should, for 1 reasons; the first is Clock: It is ", warning, StringComparison.Ordinal);
        Assert.Equal(1, world.Outcomes.Prune!.Value.Obstacles);
        world.Options = right;
        await world.PruneAsync();
        Assert.Empty(await world.Outcomes.WarningsAsync(default));
        Assert.Equal(0, world.Outcomes.Prune!.Value.Obstacles);
    }

    [Fact]
    public async Task Explain_EveryPoint_SaysWhyItStaysOrGoes()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RestorePointManifest pinned = await world.PointAsync(1);
        RestorePointManifest old = await world.PointAsync(2);
        RestorePointManifest newest = await world.PointAsync(3);
        Wire.PinPointResponse pin = await world.Calls.PinAsync(
            new Wire.PinPointRequest { PointId = pinned.Id.ToString(), Reason = "audit" }, TestCall.Operator());
        Assert.True(pin.IsNew);

        List<Wire.RetentionVerdict> verdicts = await ExplainAsync(world, "daily");

        Assert.Equal([newest.Id.ToString(), old.Id.ToString(), pinned.Id.ToString()], verdicts.Select(v => v.PointId));
        Assert.Equal([true, false, true], verdicts.Select(v => v.Stays));
        Assert.Equal(["newest", "volume: last 1 of 1", "volume: good 1 of 1"], verdicts[0].Reasons);
        Assert.StartsWith("pinned by", Assert.Single(verdicts[2].Reasons), StringComparison.Ordinal);
        Assert.EndsWith(": audit", verdicts[2].Reasons[0], StringComparison.Ordinal);
        Assert.Equal(["volume"], verdicts[0].Good);
        Assert.Equal(["volume: last 2, kept are 1", "volume: good 2, kept are 1"], verdicts[1].Reasons);
        await Rpc.RefusedAsync(StatusCode.NotFound, ExplainAsync(world, "weekly"));

        // Without its plan nothing goes.
        File.Delete(Path.Combine(world.Plans.Directory, "daily.yaml"));
        world.Plans.Reload();
        Assert.All(await ExplainAsync(world, ""), v => Assert.Contains("there is no plan daily in force", v.Reasons));
        Assert.Empty((await world.PruneAsync()).RestorePoints);
    }

    [Fact]
    public async Task Pin_ThenUnpin_LetsTheRulesDecideAgain()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RestorePointManifest old = await world.PointAsync(1);
        await world.PointAsync(2);
        Wire.PinPointRequest request = new() { PointId = old.Id.ToString() };
        await world.Calls.PinAsync(request, TestCall.Operator());
        Assert.False((await world.Calls.PinAsync(request, TestCall.Operator())).IsNew);
        await world.Store.RestartAsync();
        Assert.Empty((await world.PruneAsync()).RestorePoints);

        await world.Calls.UnpinAsync(new Wire.UnpinPointRequest { PointId = old.Id.ToString() }, TestCall.Operator());

        Assert.Equal([old.Id], (await world.PruneAsync()).RestorePoints);
        await Rpc.RefusedAsync(StatusCode.NotFound, world.Calls.PinAsync(request, TestCall.Operator()));
        await Rpc.RefusedAsync(
            StatusCode.InvalidArgument, world.Calls.PinAsync(new Wire.PinPointRequest { Reason = new string('x', 1001) }, TestCall.Operator()));
    }

    [Fact]
    public async Task Prune_Streamed_EndsWithTheResult()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        RestorePointManifest old = await world.PointAsync(1);
        await world.PointAsync(2);
        MessagePipe<Wire.PruneMessage> messages = new();

        await world.Calls.PruneAsync(new Wire.PruneRequest { DryRun = true }, messages, TestCall.Operator());
        messages.Complete();

        List<Wire.PruneMessage> received = await ReadAsync(messages);
        Wire.PruneResult result = received[^1].Result;
        Assert.True(result.DryRun);
        Assert.Equal([old.Id.ToString()], result.Points);
        Assert.NotEqual(0, result.Condemned.Packs);
        Assert.NotEmpty(received.SkipLast(1));
        Assert.All(received.SkipLast(1), m => Assert.NotEmpty(m.Progress.Phase));
        await Rpc.RefusedAsync(
            StatusCode.InvalidArgument,
            world.Calls.PruneAsync(new Wire.PruneRequest { RepackThresholdPercent = 96 }, new MessagePipe<Wire.PruneMessage>(), TestCall.Operator()));
        Wire.PruneRequest unreadable = new() { Only = new Wire.PointIds { Ids = { old.Id.ToString()[..20] } } };
        await Rpc.RefusedAsync(
            StatusCode.InvalidArgument, world.Calls.PruneAsync(unreadable, new MessagePipe<Wire.PruneMessage>(), TestCall.Operator()));
        await world.Calls.PruneAsync(new Wire.PruneRequest { Only = new Wire.PointIds() }, new MessagePipe<Wire.PruneMessage>(), TestCall.Operator());
        Assert.Equal(2, (await world.PointsAsync()).Count);
    }

    [Fact]
    public async Task Schedule_WhenDue_PrunesOnce()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        await world.PointAsync(1);
        await world.PointAsync(2);
        ManualTimeProvider clock = new(new DateTimeOffset(2026, 6, 1, 4, 44, 30, TimeSpan.Zero));
        PruneScheduler scheduler = new(world.Prune, new PruneSettings { Options = world.Options }, clock, NullLogger<PruneScheduler>.Instance);
        await scheduler.LookAsync(default);
        Assert.Equal(2, (await world.PointsAsync()).Count);

        clock.Advance(TimeSpan.FromMinutes(1));
        await scheduler.LookAsync(default);
        Assert.Single(await world.PointsAsync());

        await world.PointAsync(3);
        clock.Advance(TimeSpan.FromHours(23));
        await scheduler.LookAsync(default);
        Assert.Equal(2, (await world.PointsAsync()).Count);
    }

    [Fact]
    public async Task Compact_ManySegments_AreFewAfterwards()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        for (int i = 0; i < 36; i++)
        {
            await world.PointAsync(i, 100);
        }

        int before = (await world.Store.ObjectNamesAsync("index/")).Count;
        await world.Prune.CompactAsync(default);
        int after = (await world.Store.ObjectNamesAsync("index/")).Count;
        Assert.True(before > IndexCompactor.SegmentsMax ? after == 1 : after == before, $"{before} became {after}");
        await world.PruneAsync();
        Assert.Single(await world.Store.ObjectNamesAsync("index/"));
    }

    private static async Task SendAndBreakAsync(RetentionWorld world, RunId run, byte[] content)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(world.Store, world.Store.AddBackup(RetentionWorld.Volume, run));
        await agent.AddAsync(content, default);
        await agent.MakeDurableAsync();
        await agent.BreakAsync();
    }

    private static async Task<List<Wire.RetentionVerdict>> ExplainAsync(RetentionWorld world, string plan)
    {
        MessagePipe<Wire.RetentionVerdict> verdicts = new();
        await world.Calls.ExplainAsync(new Wire.ExplainRetentionRequest { Plan = plan }, verdicts, TestCall.Operator());
        verdicts.Complete();
        return await ReadAsync(verdicts);
    }

    private static async Task<List<T>> ReadAsync<T>(MessagePipe<T> pipe)
        where T : class
    {
        List<T> read = [];
        while (await pipe.MoveNext(default))
        {
            read.Add(pipe.Current);
        }

        return read;
    }
}
