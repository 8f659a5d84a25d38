using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.FakeKube.Faults;
using K8sBackup.KubernetesApi.Events;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Backup objects and their runs, over a stand-in API server.</summary>
public sealed class BackupResourceTests : IAsyncLifetime
{
    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");

    private ResourceWorld _world = null!;

    public async Task InitializeAsync() => _world = await ResourceWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task ByHand_RunsAndSaysSo()
    {
        _world.Connect("w-1");
        await _world.PlanAsync();
        BackupResource backup = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource running = await _world.UntilAsync("now", b => b.Status.Phase == "Running");
        RunRecord run = Assert.Single(_world.Runs.List());
        Assert.Equal((run.Id.ToString(), backup.Metadata.Uid, "Backup now"), (running.Status.Run, run.RequestId, run.StartedBy));
        Assert.Equal("False", ConditionOf(running, "Completed").Status);

        await _world.CommitAsync(run.Id, Data);
        BackupResource done = await _world.UntilAsync("now", b => b.Status.Phase == "Completed");

        Assert.Equal("True", ConditionOf(done, "Completed").Status);
        Assert.Equal("True", ConditionOf(done, "Finished").Status);
        Assert.Equal(_world.Repository.Points.Single().Id.ToString(), done.Status.RestorePoint);
        Assert.Equal(("volume/data@w-1", "Completed", "1/1"), (done.Status.Sources[0].Source, done.Status.Sources[0].State, done.Status.Progress!.Text));
        await _world.LookAsync();
        BackupPlanResource plan = await _world.GetAsync(ResourceKinds.BackupPlans, "nightly");
        Assert.Equal("Protected", plan.Status.Conditions.Single(c => c is { Type: "Covered", Status: "True" }).Reason);
        Assert.Equal(("now", "Completed", 1), (plan.Status.LastSuccessful!.Backup, plan.Status.LastRun!.Phase, plan.Status.Coverage!.Protected));

        // Nothing is written while nothing changes.
        long version = _world.Kube.Version;
        await _world.LookAsync();
        await _world.LookAsync();
        Assert.Equal(version, _world.Kube.Version);
        Assert.Equal(["Started", "Completed"], (await EventsOfAsync(done)).Select(e => e.Reason));
    }

    [Fact]
    public async Task PlanThatFitsNoNode_FailsWithTheReason()
    {
        await _world.CreateAsync(
            ResourceKinds.Backups, "nowhere", """{"template": {"sources": [{"volume": {"name": "data", "path": "/srv/data"}, "nodes": [{"names": ["absent"]}]}]}}""");
        BackupResource failed = await _world.UntilAsync("nowhere", b => b.Status.Phase == "Failed");
        Assert.Contains("the node absent has never enrolled", ConditionOf(failed, "Failed").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlanThatIsMissing_IsWaitedFor()
    {
        _world.Connect("w-1");
        await _world.CreateAsync(ResourceKinds.Backups, "early", """{"planRef": {"name": "nightly"}}""");
        BackupResource waiting = await _world.UntilAsync("early", b => b.Status.Phase == "Pending");
        Assert.Equal("PlanNotFound", ConditionOf(waiting, "Completed").Reason);
        Assert.Empty(_world.Runs.List());
        await _world.PlanAsync();
        await _world.UntilAsync("early", b => b.Status.Phase == "Running");
    }

    [Fact]
    public async Task SecondOfAPlan_BeginsAfterTheFirst()
    {
        _world.Connect("w-1");
        await _world.PlanAsync();
        await _world.CreateAsync(ResourceKinds.Backups, "first", """{"planRef": {"name": "nightly"}}""");
        BackupResource first = await _world.UntilAsync("first", b => b.Status.Phase == "Running");
        await _world.CreateAsync(ResourceKinds.Backups, "second", """{"planRef": {"name": "nightly"}}""");
        BackupResource second = await _world.UntilAsync("second", b => b.Status.Phase == "Pending");
        Assert.Equal("Waiting", ConditionOf(second, "Completed").Reason);
        await _world.CommitAsync(RunId.Parse(first.Status.Run), Data);
        await _world.UntilAsync("second", b => b.Status.Phase == "Running");
        Assert.Equal(2, _world.Runs.List().Count);
    }

    [Fact]
    public async Task Template_RunsWithoutAPlan_AndAFaultyOneNamesTheField()
    {
        _world.Connect("w-1");
        await _world.CreateAsync(ResourceKinds.Backups, "once", """{"template": {"sources": [{"volume": {"name": "data", "path": "/srv/data"}}]}}""");
        await _world.CreateAsync(ResourceKinds.Backups, "wrong", """{"template": {"sources": [{"volume": {"name": "data", "path": "srv"}}]}}""");
        BackupResource wrong = await _world.UntilAsync("wrong", b => b.Status.Phase == "Failed");
        Assert.Contains("spec.template.sources[0].volume.path: an absolute path", ConditionOf(wrong, "Failed").Message, StringComparison.Ordinal);
        BackupResource once = await _world.UntilAsync("once", b => b.Status.Phase == "Running");
        Assert.Equal("backup.once", once.Status.Plan);
        await _world.CommitAsync(RunId.Parse(once.Status.Run), Data);
        await _world.UntilAsync("once", b => b.Status.Phase == "Completed");
        Assert.Equal("backup.once", _world.Repository.Points.Single().Plan);
    }

    [Fact]
    public async Task Cancel_EndsTheRun()
    {
        await _world.PlanAsync();
        _world.Connect("w-1");
        BackupResource backup = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        RunId run = RunId.Parse((await _world.UntilAsync("now", b => b.Status.Phase == "Running")).Status.Run);
        await Eventually.TrueAsync(() => _world.Board.Find(WorkIds.ForBackup(run, Data)) is not null);
        await _world.Client.MergePatchAsync(
            ResourceKinds.Backups, ResourceName.Of(backup), new() { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["cancel"] = true } }, Subresource.None, default);
        await _world.LookAsync();
        await Eventually.TrueAsync(() => _world.Board.Find(WorkIds.ForBackup(run, Data))!.Cancellation.IsCancellationRequested);
        _world.Board.ReportResult(WorkIds.ForBackup(run, Data), new WorkOutcome.Failed(new Failure("w-1", Data.ToString(), FailureCause.Cancelled, "as asked")));
        BackupResource cancelled = await _world.UntilAsync("now", b => b.Status.Phase == "Cancelled");
        Assert.Equal("True", ConditionOf(cancelled, "Cancelled").Status);
        Assert.Empty(_world.Repository.Points);
    }

    [Fact]
    public async Task LeaderDiesInTheMiddle_TheNextOneFinishesTheRun()
    {
        _world.Connect("w-1");
        _world.Connect("w-2");
        await _world.PlanAsync();
        await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource backup = await _world.UntilAsync("now", b => b.Status.Phase == "Running");
        RunId run = RunId.Parse(backup.Status.Run);

        // One snapshot is in the repository, and the leader is gone before it could note that anywhere.
        _world.Repository.Commit(run, Data);
        await _world.DieAsync();
        await _world.LeadAsync();

        Assert.Equal(["w-1", "w-2"], _world.Nodes.Nodes.Select(n => n.Name));
        Assert.Equal((run, SourceState.Completed), (_world.Runs.List().Single().Id, _world.Runs.List().Single().Sources[0].State));
        _world.Connect("w-2");
        await _world.CommitAsync(run, Data with { Node = "w-2" });
        BackupResource done = await _world.UntilAsync("now", b => b.Status.Phase == "Completed");
        Assert.Equal(backup.Status.Run, done.Status.Run);
        Assert.Equal(2, _world.Repository.Points.Single().Sources.Count);
    }

    [Fact]
    public async Task LeaderDiesBeforeTheRunBegan_TheNextOneBeginsTheSameRun()
    {
        await _world.PlanAsync();
        BackupResource backup = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        RunId chosen = RunId.Create(TimeProvider.System);
        await _world.Client.UpdateAsync(
            ResourceKinds.Backups, backup with { Status = new BackupStatus { Phase = "Pending", Run = chosen.ToString() } }, Subresource.Status, default);
        await _world.DieAsync();
        await _world.LeadAsync();
        _world.Connect("w-1");
        await _world.UntilAsync("now", b => b.Status.Phase == "Running");
        Assert.Equal(chosen, _world.Runs.List().Single().Id);
    }

    [Fact]
    public async Task RunWithoutAnObject_GetsOne_AndTwoLeadersMakeOneForTheSameTime()
    {
        BackupPlanResource owner = await _world.PlanAsync();
        await _world.LookAsync();
        _world.Connect("w-1");
        RunRecord run = _world.Engine.Start(_world.Plans.Current.Find("nightly")!, "schedule", "nightly-202611220200").Run;
        await _world.LookAsync();
        await _world.LookAsync();
        BackupResource made = Assert.Single(await _world.BackupsAsync());
        Assert.Equal(("nightly-202611220200", run.Id.ToString()), (made.Metadata.Name, made.Metadata.Annotations[BackupReconciler.RunAnnotation]));
        Assert.Equal(owner.Metadata.Uid, made.Metadata.OwnerReferences.Single().Uid);
        await _world.CommitAsync(run.Id, Data);
        await _world.UntilAsync(made.Metadata.Name, b => b.Status.Phase == "Completed");

        // Somebody deletes it; it is not made again, and the data stays.
        await _world.Client.DeleteAsync(ResourceKinds.Backups, ResourceName.Of(made), DeleteOptions.Anything, default);
        await _world.LookAsync();
        Assert.Empty(await _world.BackupsAsync());
        Assert.Empty(_world.Deleted);

        // Another leader that never knew of that run comes to the same name.
        await _world.CreateAsync(ResourceKinds.Backups, "nightly-202611230200", """{"planRef": {"name": "other"}}""");
        _world.Engine.Start(_world.Plans.Current.Find("nightly")!, "schedule", "nightly-202611230200");
        await _world.LookAsync();
        await _world.LookAsync();
        Assert.Single(await _world.BackupsAsync());
    }

    [Fact]
    public async Task History_IsTrimmed_AndNeverTheDataWithIt()
    {
        await _world.PlanAsync();
        for (int i = 0; i < 25; i++)
        {
            string policy = i == 0 ? "Delete" : "Retain";
            BackupResource old = await _world.CreateAsync(ResourceKinds.Backups, $"b-{i:00}", $$"""{"planRef": {"name": "nightly"}, "deletionPolicy": "{{policy}}"}""");
            await _world.Client.UpdateAsync(
                ResourceKinds.Backups,
                old with { Status = new BackupStatus { Phase = "Completed", CompletionTime = DateTimeOffset.UnixEpoch.AddHours(i), RestorePoint = RestorePointId.Create(TimeProvider.System).ToString() } },
                Subresource.Status,
                default);
        }

        await _world.LookAsync();
        await _world.LookAsync();

        Assert.Equal(["b-00", .. Enumerable.Range(5, 20).Select(i => $"b-{i:00}")], (await _world.BackupsAsync()).Select(b => b.Metadata.Name).Order());
        Assert.Empty(_world.Deleted);
    }

    [Fact]
    public async Task DeletionWithThePolicyDelete_TakesTheRestorePointFirst()
    {
        await _world.PlanAsync();
        _world.Connect("w-1");
        BackupResource backup = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}, "deletionPolicy": "Delete"}""");
        BackupResource running = await _world.UntilAsync("now", b => b.Status.Phase == "Running" && b.Metadata.Finalizers.Count == 1);
        await _world.CommitAsync(RunId.Parse(running.Status.Run), Data);
        BackupResource done = await _world.UntilAsync("now", b => b.Status.Phase == "Completed");
        await _world.Client.DeleteAsync(ResourceKinds.Backups, ResourceName.Of(backup), DeleteOptions.Anything, default);
        Assert.NotNull((await _world.BackupAsync("now")).Metadata.DeletionTimestamp);
        long start = TimeProvider.System.GetTimestamp();
        while ((await _world.BackupsAsync()).Count > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(120), "The object stays.");
            await _world.LookAsync();
        }

        Assert.Equal(done.Status.RestorePoint, Assert.Single(_world.Deleted).ToString());
    }

    [Fact]
    public async Task ApiServerInTrouble_TheRunGoesOnAndTheStatusFollowsLater()
    {
        await _world.PlanAsync();
        _world.Connect("w-1");
        await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource running = await _world.UntilAsync("now", b => b.Status.Phase == "Running");

        // The next writes of the status meet a change in between, and a lost answer.
        _world.Kube.Faults.Add(new ApiFaultRule { Method = "PUT", PathContains = "backups/now/status", Code = 409, Times = 2 });
        await _world.CommitAsync(RunId.Parse(running.Status.Run), Data);
        _world.Kube.Faults.Add(new ApiFaultRule { Method = "PUT", PathContains = "backups/now/status", Code = 0, AfterTheWork = true });
        BackupResource done = await _world.UntilAsync("now", b => b.Status.Phase == "Completed");
        Assert.Single(_world.Repository.Points);
        Assert.Equal("1/1", done.Status.Progress!.Text);
    }

    private static Condition ConditionOf(BackupResource backup, string type) => backup.Status.Conditions.Single(c => c.Type == type);

    private async Task<IReadOnlyList<Event>> EventsOfAsync(BackupResource backup) =>
        [.. (await _world.Client.ListAsync(KubernetesTypes.Events, ListQuery.In(ResourceWorld.Namespace), 1000, default)).Items
            .Where(e => e.Regarding!.Uid == backup.Metadata.Uid).OrderBy(e => e.EventTime)];
}
