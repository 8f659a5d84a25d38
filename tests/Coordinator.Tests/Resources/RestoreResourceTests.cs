using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.Restores;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
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

    [Fact]
    public async Task FilesOfPods_AreNamedByClaimOrPod_AndGoWhereTheSpecSays()
    {
        RestoreResource restore = await _world.CreateAsync(
            ResourceKinds.Restores, "r", """{"restorePoint": "0123", "files": {"claim": {"namespace": "shop", "name": "data"}, "fileFlags": true, "into": {"pod": {"namespace": "prod", "name": "web-0", "volume": "d"}}}}""");
        Assert.Null(RestoreRequests.Fault(restore.Spec));
        Wire.StartRestoreRequest request = RestoreRequests.Files(restore, "01point");
        Assert.Null(request.Source);
        Assert.True(request.Files.FileFlags);
        Assert.Equal(new Wire.VolumeName { Namespace = "shop", Claim = "data" }, request.From);
        Assert.Equal(new Wire.VolumeName { Namespace = "prod", Pod = "web-0", Volume = "d" }, request.Into);

        RestoreResource back = await _world.CreateAsync(ResourceKinds.Restores, "b", """{"restorePoint": "0123", "files": {"pod": {"namespace": "shop", "name": "web-0"}, "conflicts": "Mirror"}}""");
        request = RestoreRequests.Files(back, "01point");
        Assert.Equal((new Wire.VolumeName { Namespace = "shop", Pod = "web-0" }, null, Wire.ConflictPolicy.Mirror), (request.From, request.Into, request.Files.Conflicts));
    }

    [Fact]
    public async Task Status_SaysWhichVolumeOfWhichPodIsRestoredInto()
    {
        RestoreResource restore = await _world.CreateAsync(ResourceKinds.Restores, "r", """{"restorePoint": "0123", "files": {"claim": {"namespace": "shop", "name": "data"}}}""");
        RestoreRecord record = new()
        {
            Id = RestoreId.Create(TimeProvider.System),
            Point = RestorePointId.Create(TimeProvider.System),
            Snapshot = SnapshotId.Create(TimeProvider.System),
            Source = new SourceKey("w-1", SourceKind.Volume, "pvc.shop.data.01234567"),
            Node = "w-2",
            Into = new PodVolume { Namespace = "shop", Pod = "web-7", Volume = "d", Kind = PodVolumeKind.Csi, Claim = "data", ClaimUid = "c-1" },
            Task = MessageJson.ToJson(new Wire.RestoreTask()),
            State = RestoreState.Running,
            StartedAt = TimeProvider.System.GetUtcNow(),
            StartedBy = "Restore r",
        };

        RestoreStatus status = RestoreStatuses.Of(restore, record, Model.Outcomes.WorkProgress.None, TimeProvider.System.GetUtcNow());
        await _world.Client.UpdateAsync(ResourceKinds.Restores, restore with { Status = status }, Subresource.Status, default);

        RestoredVolume expected = new() { Namespace = "shop", Pod = "web-7", Volume = "d", Claim = "data", ClaimUid = "c-1" };
        Assert.Equal(expected, (await _world.GetAsync(ResourceKinds.Restores, "r")).Status.Into);
        Assert.Equal(["claim", "claimUid", "namespace", "pod", "volume"], CustomResource.Fields(CustomResource.Restore.At("status", "into")).Order());
    }

    [Theory]
    [InlineData(Files, "exactly one of restorePoint, backupRef and latestOf")]
    [InlineData(""" "restorePoint": "01", "latestOf": {"name": "x"}, """ + Files, "exactly one of restorePoint, backupRef and latestOf")]
    [InlineData(""" "restorePoint": "01" """, "exactly one of files, controlPlane and etcd")]
    [InlineData(""" "restorePoint": "01", """ + Files + "," + Etcd, "exactly one of files, controlPlane and etcd")]
    [InlineData(""" "restorePoint": "01", "controlPlane": {"node": "cp-1"} """, "spec.controlPlane.target: is missing")]
    [InlineData(""" "restorePoint": "01", "etcd": {"node": "cp-1"} """, "spec.etcd.confirmCluster: is missing")]
    [InlineData(""" "restorePoint": "01", "files": {"node": "A b", "volume": "data"} """, "is no name")]
    [InlineData(""" "restorePoint": "01", "files": {"node": "", "volume": "data"} """, "volume and node belong together")]
    [InlineData(""" "restorePoint": "01", "files": {"node": "w-1", "claim": {"namespace": "shop", "name": "data"}} """, "volume and node belong together")]
    [InlineData(""" "restorePoint": "01", "files": {} """, "exactly one of volume, claim and pod")]
    [InlineData(""" "restorePoint": "01", "files": {"claim": {"namespace": "shop", "name": "data"}, "pod": {"namespace": "shop", "name": "web-0"}} """, "exactly one of volume, claim and pod")]
    [InlineData(""" "restorePoint": "01", "files": {"claim": {"namespace": "shop", "name": "data"}, "into": {}} """, "spec.files.into: exactly one of claim and pod")]
    [InlineData(""" "restorePoint": "01", "files": {"claim": {"namespace": "shop", "name": "data"}, "into": {"claim": {"namespace": "shop", "name": "x"}}, "target": "/srv/x"} """, "target and onNode are for directories")]
    [InlineData(""" "restorePoint": "01", "files": {"claim": {"namespace": "shop", "name": "data"}, "into": {"claim": {"namespace": "shop", "name": "x"}}, "onNode": "w-1"} """, "target and onNode are for directories")]
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
