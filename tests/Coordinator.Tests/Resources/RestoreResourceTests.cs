using K8sBackup.Coordinator.Resources;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Restore objects up to the request they become; that requests are carried out is shown with real processes.</summary>
public sealed class RestoreResourceTests : IAsyncLifetime
{
    private const string Files = """ "files": {"volume": "data", "node": "w-1", "paths": ["a/é"], "target": "/srv/x", "conflicts": "Rename"} """;
    private const string Etcd = """ "etcd": {"node": "cp-1", "confirmCluster": "prod"} """;

    private ResourceWorld _world = null!;

    public async Task InitializeAsync() => _world = await ResourceWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Files_BecomeARequest()
    {
        RestoreResource restore = await _world.CreateAsync(ResourceKinds.Restores, "r", $$"""{"latestOf": {"name": "nightly"}, {{Files}} }""");
        Assert.Null(RestoreRequests.Fault(restore.Spec));
        Wire.StartRestoreRequest request = RestoreRequests.Files(restore, "01point");
        Assert.Equal((restore.Metadata.Uid, "01point", "a/é"), (request.RequestId, request.PointId, request.Paths.Single().ToStringUtf8()));
        Assert.Equal((Wire.SourceKind.Volume, "data", "w-1"), (request.Source.Kind, request.Source.Name, request.Source.Node));
        Assert.Equal(("/srv/x", Wire.ConflictPolicy.Rename, false), (request.Files.Target, request.Files.Conflicts, request.Files.Devices));
    }

    [Theory]
    [InlineData(Files, "exactly one of restorePoint, backupRef and latestOf")]
    [InlineData(""" "restorePoint": "01", "latestOf": {"name": "x"}, """ + Files, "exactly one of restorePoint, backupRef and latestOf")]
    [InlineData(""" "restorePoint": "01" """, "exactly one of files, controlPlane and etcd")]
    [InlineData(""" "restorePoint": "01", """ + Files + "," + Etcd, "exactly one of files, controlPlane and etcd")]
    [InlineData(""" "restorePoint": "01", "controlPlane": {"node": "cp-1"} """, "spec.controlPlane.target: is missing")]
    [InlineData(""" "restorePoint": "01", "etcd": {"node": "cp-1"} """, "spec.etcd.confirmCluster: is missing")]
    [InlineData(""" "restorePoint": "01", "files": {"node": "", "volume": "data"} """, "is no name")]
    public async Task Faulty_FailsAndSaysWhy(string spec, string reason)
    {
        await _world.CreateAsync(ResourceKinds.Restores, "r", $"{{{spec}}}");
        Condition failed = await FailedAsync("r");
        Assert.Equal("Invalid", failed.Reason);
        Assert.Contains(reason, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Etcd_WithAnotherClustersName_IsNotTouched()
    {
        await _world.CreateAsync(ResourceKinds.Restores, "r", """{"restorePoint": "01", "etcd": {"node": "cp-1", "confirmCluster": "production"}}""");
        Assert.Equal("NotConfirmed", (await FailedAsync("r")).Reason);
    }

    [Fact]
    public async Task ObjectOfThePast_DoesNotBegin()
    {
        // As a restored etcd brings it back: as it was before it began.
        _world.Kube.Seed($$$"""
            {"apiVersion": "k8sbackup.dev/v1alpha1", "kind": "Restore",
             "metadata": {"name": "old", "namespace": "{{{ResourceWorld.Namespace}}}", "creationTimestamp": "2026-01-01T00:00:00Z"},
             "spec": {"restorePoint": "01", {{{Etcd}}} } }
            """);
        Assert.Equal("Expired", (await FailedAsync("old")).Reason);
    }

    [Fact]
    public async Task BackupThatIsNotOver_IsWaitedFor_AndOneWithoutAPointFailsTheRestore()
    {
        await _world.CreateAsync(ResourceKinds.Restores, "r", $$"""{"backupRef": {"name": "now"}, {{Files}} }""");
        await _world.LookAsync();
        RestoreResource waiting = await _world.GetAsync(ResourceKinds.Restores, "r");
        Assert.Equal(("Pending", "Waiting"), (waiting.Status.Phase, waiting.Status.Conditions.Single(c => c.Type == "Finished").Reason));
        BackupResource backup = await _world.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        await _world.Client.UpdateAsync(ResourceKinds.Backups, backup with { Status = new BackupStatus { Phase = "Failed" } }, Subresource.Status, default);
        Assert.Contains("made no restore point", (await FailedAsync("r")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RecordThatIsLost_IsNotBegunAgain()
    {
        RestoreResource restore = await _world.CreateAsync(ResourceKinds.Restores, "r", $$"""{"restorePoint": "01", {{Files}} }""");
        await _world.Client.UpdateAsync(
            ResourceKinds.Restores, restore with { Status = new RestoreStatus { Phase = "Running", Restore = RestoreId.Create(TimeProvider.System).ToString() } }, Subresource.Status, default);
        Assert.Equal("RecordLost", (await FailedAsync("r")).Reason);
    }

    private async Task<Condition> FailedAsync(string name)
    {
        await _world.LookAsync();
        return (await _world.GetAsync(ResourceKinds.Restores, name)).Status.Conditions.Single(c => c.Type == "Failed");
    }
}
