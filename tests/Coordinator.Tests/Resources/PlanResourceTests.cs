using System.Text.Json.Nodes;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Resources;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Plans from objects: in force as files are, with what is wrong in their conditions.</summary>
public sealed class PlanResourceTests : IAsyncLifetime
{
    private ResourceWorld _world = null!;

    public async Task InitializeAsync() => _world = await ResourceWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Plan_IsInForceAndSaysWhenItIsDue()
    {
        await _world.PlanAsync(more: """, "schedule": "0 2 * * *", "timeZone": "Europe/Berlin" """);
        BackupPlanResource plan = await SeenAsync();
        Assert.Equal("0 2 * * *", _world.Plans.Current.Find("nightly")!.Schedule!.Text);
        Assert.Equal(("True", "Valid"), (ConditionOf(plan, "Ready").Status, ConditionOf(plan, "Ready").Reason));
        Assert.Equal("True", ConditionOf(plan, "Scheduled").Status);
        Assert.True(plan.Status.NextRun > TimeProvider.System.GetUtcNow());
        Assert.Equal(plan.Metadata.Generation, plan.Status.ObservedGeneration);
    }

    [Fact]
    public async Task Plan_Paused_IsNotScheduled()
    {
        await _world.PlanAsync(more: """, "schedule": "0 2 * * *", "paused": true""");
        BackupPlanResource plan = await SeenAsync();
        Assert.Equal(("False", "Paused"), (ConditionOf(plan, "Scheduled").Status, ConditionOf(plan, "Scheduled").Reason));
        Assert.Null(plan.Status.NextRun);
        Assert.Equal("True", ConditionOf(plan, "Ready").Status);
    }

    [Fact]
    public async Task FaultyChange_NamesTheField_AndTheLastGoodVersionStaysInForce()
    {
        await _world.PlanAsync(more: """, "schedule": "0 2 * * *" """);
        await SeenAsync();
        await ChangeAsync("""{"spec": {"sources": [{"volume": {"name": "data", "path": "srv"}}]}}""");
        BackupPlanResource plan = await SeenAsync();
        Condition ready = ConditionOf(plan, "Ready");
        Assert.Equal(("False", "Invalid"), (ready.Status, ready.Reason));
        Assert.Contains("spec.sources[0].volume.path: an absolute path", ready.Message, StringComparison.Ordinal);
        Assert.Contains("last good version stays in force", ready.Message, StringComparison.Ordinal);
        Assert.True(Assert.Single(_world.Plans.Current.Faults).LastGoodInForce);
        Assert.NotNull(_world.Plans.Current.Find("nightly"));

        await ChangeAsync("""{"spec": {"sources": [{"volume": {"name": "data", "path": "/srv"}}]}}""");
        Assert.Equal("True", ConditionOf(await SeenAsync(), "Ready").Status);
        Assert.Empty(_world.Plans.Current.Faults);
    }

    [Fact]
    public async Task Plan_DeletedOrWithATakenName_IsNotInForce()
    {
        BackupPlanResource gone = await _world.PlanAsync();
        await _world.PlanAsync("backup.mine");
        await _world.LookAsync();
        Assert.Equal(["nightly"], _world.Plans.Current.Plans.Select(p => p.Name));
        Assert.Equal("False", ConditionOf(await _world.GetAsync(ResourceKinds.BackupPlans, "backup.mine"), "Ready").Status);
        await _world.Client.DeleteAsync(ResourceKinds.BackupPlans, ResourceName.Of(gone), DeleteOptions.Anything, default);
        await _world.LookAsync();
        Assert.Empty(_world.Plans.Current.Plans);
    }

    [Fact]
    public void Text_WithWhatYamlReadsOtherwise_IsReadAsItIs()
    {
        BackupPlanResource plan = ResourceKinds.BackupPlans.Read(
            """{"metadata": {"name": "x", "uid": "1"}, "spec": {"nodeWait": "90s", "nodes": [{"labels": {"a": "yes", "b": "1e3", "c": "é😀\u0041", "d": "null"}}], "sources": [{"volume": {"name": "data", "path": "/srv/a: b #c", "exclude": ["x\ty"]}}]}}"""u8);
        ResourcePlans plans = new();
        plans.Update([plan]);
        Assert.Empty(plans.FaultsOf(plan));
        PlanSource.Volume volume = Assert.IsType<PlanSource.Volume>(plans.Current.Plans.Single().Sources.Single());
        Assert.Equal(("/srv/a: b #c", "x\ty"), (volume.Path, volume.Rules.Patterns.Single()));
        Assert.Equal(["1e3", "null", "yes", "é😀A"], volume.Nodes.Single().Labels.Values.Order(StringComparer.Ordinal));
    }

    private static Condition ConditionOf(BackupPlanResource plan, string type) => plan.Status.Conditions.Single(c => c.Type == type);

    private Task<BackupPlanResource> ChangeAsync(string patch) => _world.Client.MergePatchAsync(
        ResourceKinds.BackupPlans, new ResourceName(ResourceWorld.Namespace, "nightly"), JsonNode.Parse(patch)!.AsObject(), Subresource.None, default);

    private async Task<BackupPlanResource> SeenAsync()
    {
        await _world.LookAsync();
        return await _world.GetAsync(ResourceKinds.BackupPlans, "nightly");
    }
}
