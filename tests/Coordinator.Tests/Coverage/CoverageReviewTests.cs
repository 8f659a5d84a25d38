using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Coordinator.Tests.Volumes;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;

namespace K8sBackup.Coordinator.Tests.Coverage;

/// <summary>What the status of plans says of coverage, and when it is looked up again.</summary>
public sealed class CoverageReviewTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new();
    private readonly RunWorld _world;
    private readonly FakeLastGood _lastGood;
    private readonly CoverageReview _review;

    public CoverageReviewTests()
    {
        _world = new RunWorld(_cluster);
        _lastGood = new FakeLastGood(_world.Repository);
        _review = new CoverageReview(_world.Plans, _world.Nodes, _world.Store, _lastGood, _world.Clock, NullLogger<CoverageReview>.Instance, _cluster);
    }

    public Task InitializeAsync()
    {
        _world.Connect("n1", Role.Worker);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _review.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Review_FollowsRunsPodsAndTheStore()
    {
        _cluster.Claim("prod", "data").Claim("prod", "idle").Pod("prod", "db-0", "n1", Claimed("d", "data"), Empty("tmp"));
        BackupPlan plan = _world.Plan("  sources: [{podVolumes: {}}]\n  nodeWait: 30s");
        PlanReview before = await ReviewedAsync();
        Assert.Equal((0, 1, 2, 0), (before.Protected, before.Excluded, before.Unprotected, before.Unclaimed));
        Assert.Equal(["There is no complete snapshot of it yet.", "No pod mounts it."], before.Gaps.Select(gap => gap.Reason));

        // The end of a run is news.
        await BackUpAsync(plan);
        PlanReview after = await ReviewedAsync();
        Assert.Equal((1, 1, _world.Repository.Points.Single().StartedAt), (after.Protected, after.Unprotected, after.OldestGood!.Value));
        Assert.Equal(2, _lastGood.Asked);

        // A pod more is seen after a minute, without reading the store.
        _cluster.Claim("prod", "new").Pod("prod", "db-1", "n1", Claimed("n", "new"));
        Assert.Equal(1, (await ReviewedAsync()).Unprotected);
        _world.Clock.Advance(CoverageReview.Interval);
        Assert.Equal(2, (await ReviewedAsync()).Unprotected);
        Assert.Equal(2, _lastGood.Asked);

        // A snapshot that a prune deleted is missed after a while.
        _world.Repository.Points.Clear();
        _world.Clock.Advance(CoverageReview.StoreInterval);
        Assert.Equal((0, 3), ((await ReviewedAsync()).Protected, _lastGood.Asked));
    }

    [Fact]
    public async Task Review_ClockSetBack_IsMadeAgainInTimeAndReadsTheStore()
    {
        _world.Plan("  sources: [{podVolumes: {}}]");
        await ReviewedAsync();
        _cluster.Claim("prod", "new");
        _world.Clock.Jump(TimeSpan.FromDays(-3650));
        _world.Clock.Advance(CoverageReview.Interval);
        Assert.Equal((1, 1), ((await ReviewedAsync()).Unprotected, _lastGood.Asked));
        _world.Clock.Advance(CoverageReview.StoreInterval);
        await ReviewedAsync();
        Assert.Equal(2, _lastGood.Asked);
    }

    [Fact]
    public async Task Review_WhatNoPlanDecidesAbout_IsToldByEveryPlan()
    {
        _world.Connect("cp-1", Role.ControlPlane);
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n9", Claimed("d", "data"));
        _world.Plan("  sources: [{etcd: {}}]", "etcd");
        PlanReview etcd = await ReviewedAsync("etcd");
        Assert.Equal((0, 1, 3), (etcd.Protected, etcd.Unprotected, etcd.Unclaimed));
        Assert.Equal(["etcd", "cp-1", "n9", "data"], etcd.Gaps.Select(gap => gap.Subject.Name));
        _world.Plan("  sources: [{controlPlane: {}}, {podVolumes: {}}]", "rest");
        Assert.Equal(["n9"], (await ReviewedAsync("etcd")).Gaps.Where(gap => gap.Subject.Plan.Length == 0).Select(gap => gap.Subject.Name));
    }

    [Fact]
    public async Task Review_ManyGaps_NamesSomeAndCountsAll()
    {
        for (int i = 0; i < PlanReview.GapsMax + 5; i++)
        {
            _cluster.Claim("prod", $"idle-{i:00}");
        }

        _world.Plan("  sources: [{podVolumes: {}}]");
        PlanReview review = await ReviewedAsync();
        Assert.Equal((PlanReview.GapsMax, PlanReview.GapsMax + 5), (review.Gaps.Count, review.Unprotected));
    }

    [Fact]
    public async Task StoreOrApiAway_IsDoubtAndWhatWasSaidStands()
    {
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        BackupPlan plan = _world.Plan("  sources: [{podVolumes: {}}]\n  nodeWait: 30s");
        _cluster.IsKnown = false;
        await _review.LookAsync(CancellationToken.None);
        Assert.Null(_review.Of("nightly"));
        _world.Clock.Advance(CoverageReview.Interval);
        Assert.Contains("API has not answered", (await ReviewedAsync()).Doubt, StringComparison.Ordinal);

        _cluster.IsKnown = true;
        await BackUpAsync(plan);
        PlanReview good = await ReviewedAsync();
        _lastGood.IsAway = true;
        _world.Clock.Advance(CoverageReview.StoreInterval);
        PlanReview away = await ReviewedAsync();
        Assert.Equal((1, "The store cannot be read: The bucket is away."), (away.Protected, away.Doubt));

        PlanCoverage said = PlanCoverages.Of(good, null, null)!;
        Assert.Same(said, PlanCoverages.Of(away, null, said));
        Assert.Equal(("Unknown", "Unknown"), Condition(away, out _));
        _lastGood.IsAway = false;
        _world.Clock.Advance(CoverageReview.Interval);
        Assert.Equal("", (await ReviewedAsync()).Doubt);
    }

    [Fact]
    public async Task Condition_SaysWhatIsMissingAndSinceWhen()
    {
        _cluster.Claim("prod", "data").Claim("prod", "idle").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        BackupPlan plan = _world.Plan("  sources: [{podVolumes: {rules: [{exclude: {claims: [idle]}}]}}]\n  nodeWait: 30s");
        Assert.Equal(("False", "Unprotected"), Condition(await ReviewedAsync(), out string message));
        Assert.Equal("1 of 1 the plan takes cannot be had back. Claim prod/data: There is no complete snapshot of it yet.", message);
        await BackUpAsync(plan);
        Assert.Equal(("True", "Protected"), Condition(await ReviewedAsync(), out message));
        Assert.Equal("All 1 the plan takes can be had back, and 1 are left out.", message);
        _world.Connect("cp-1", Role.ControlPlane);
        _world.Clock.Advance(CoverageReview.Interval);
        Assert.Equal(("False", "Unclaimed"), Condition(await ReviewedAsync(), out message));
        Assert.Contains("Etcd etcd: No plan takes etcd. Node cp-1: No plan takes its control-plane files.", message, StringComparison.Ordinal);
        Assert.Equal(("False", "Nothing"), Condition(new PlanReview(), out _));
        Assert.Equal(("Unknown", "NotInForce"), Condition(new PlanReview(), out _, inForce: false));

        // The time is that of the change of status, and what was never reviewed is not spoken of.
        DateTimeOffset then = _world.Clock.GetUtcNow();
        IReadOnlyList<Condition> first = Array.Empty<Condition>().Covered(new PlanReview(), true, 1, then);
        Assert.Equal(Conditions.Seconds(then), Assert.Single(first.Covered(new PlanReview { Unprotected = 1 }, true, 2, then.AddHours(1))).LastTransitionTime);
        Assert.Equal(Conditions.Seconds(then.AddHours(1)), Assert.Single(first.Covered(new PlanReview { Protected = 1 }, true, 2, then.AddHours(1))).LastTransitionTime);
        Assert.Same(first, first.Covered(null, true, 2, then.AddHours(1)));
    }

    private static (string Status, string Reason) Condition(PlanReview review, out string message, bool inForce = true)
    {
        Condition condition = Assert.Single(Array.Empty<Condition>().Covered(review, inForce, 1, DateTimeOffset.UnixEpoch));
        message = condition.Message;
        return (condition.Status, condition.Reason);
    }

    private async Task<PlanReview> ReviewedAsync(string plan = "nightly")
    {
        await _review.LookAsync(CancellationToken.None);
        return _review.Of(plan)!;
    }

    private async Task BackUpAsync(BackupPlan plan)
    {
        RunId id = _world.Engine.Start(plan, "test", "").Run.Id;
        foreach (RunSource source in _world.Get(id).Sources.Where(source => !source.IsOver))
        {
            await _world.CommitAsync(id, source.Source);
        }

        await _world.OverAsync(id);
    }
}
