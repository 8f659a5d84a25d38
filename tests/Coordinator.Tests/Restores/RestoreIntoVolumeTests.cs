using System.Text;
using Google.Protobuf;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.ClusterRestores;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Coordinator.Tests.Volumes;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Logging.Abstractions;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using PodVolume = K8sBackup.Model.Manifests.PodVolume;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Restores;

/// <summary>Which volume of which pod on which node a restore goes into, and why into none.</summary>
public sealed class RestoreIntoVolumeTests : IAsyncLifetime
{
    private static readonly SourceKey Claim = new("n1", SourceKind.Volume, "pvc.shop.data.0a1b2c3d");
    private static readonly SourceKey Scratch = new("n1", SourceKind.Volume, "pod.shop.web-0.scratch.4e5f6071");
    private static readonly SourceKey Plain = new("n1", SourceKind.Volume, "data");
    private static readonly SourceKey Disk = new("n1", SourceKind.Volume, "pvc.shop.disk.11111111");
    private static readonly SourceKey Etcd = new("cp-1", SourceKind.Etcd, "main");

    private TestStore _store = null!;
    private NodeRegistry _nodes = null!;
    private string _point = "";

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        _nodes = new NodeRegistry(new FileStateHome(_store.State), TimeProvider.System);
        foreach ((string node, Role role) in (ReadOnlySpan<(string, Role)>)[("n1", Role.Worker), ("n2", Role.Worker), ("cp-1", Role.ControlPlane)])
        {
            _nodes.Connect(
                new NodeRecord { Name = node, Role = role, LastSeen = TimeProvider.System.GetUtcNow(), CertificateNotAfter = TimeProvider.System.GetUtcNow() }, new AgentConnection());
        }

        await CommitAsync(Bound());
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task NothingSaid_GoesToTheClaimTheSnapshotIsBoundTo_WhereverItIsMountedNow()
    {
        RestoreRecord record = await PlanAsync(new TestCluster().Claim("shop", "data").Pod("shop", "web-7", "n2", Claimed("files", "data")));

        Wire.RestoreIntoVolume into = MessageJson.Parse<Wire.RestoreTask>(record.Task).IntoVolume;
        Assert.Equal(("n2", "web-7", "data"), (record.Node, record.Into!.Pod, record.Into.Claim));
        Assert.Equal(("p-shop-web-7", "files", "h-c-shop-data"), (into.Volume.Volume.PodUid, into.Volume.Volume.Volume, into.Volume.Volume.Handle));
        Assert.Equal((true, false, true, ""), (into.Own, into.Preview, into.RootMetadata, into.HostPath));
        Assert.Equal(PodVolumeMapping.ToWire(record.Into), RestoreMapping.ToWire(record, WorkProgress.None).Into);
    }

    [Fact]
    public async Task NothingSaid_OfScratchSpace_NeedsTheVeryPod()
    {
        TestCluster cluster = new TestCluster().Pod("shop", "web-0", "n1", Empty("scratch"));
        Assert.Equal("p-shop-web-0", (await PlanAsync(cluster, source: Scratch)).Into!.PodUid);

        await CommitAsync(Bound() with { PodUid = "former" });
        Assert.Contains("that pod is not there any more", await RefusedAsync(FailureCause.NotFound, cluster, source: Scratch), StringComparison.Ordinal);
    }

    public static TheoryData<string, FailureCause, string> Obstacles => new()
    {
        { "again", FailureCause.NotFound, "it was made again (UID other, not c-shop-data)" },
        { "claim", FailureCause.NotFound, "The claim shop/data is not there any more" },
        { "namespace", FailureCause.NotFound, "the namespace shop, which is not there any more" },
        { "unmounted", FailureCause.TargetUnusable, "No pod mounts shop/data" },
        { "pending", FailureCause.TargetUnusable, "web-0 is not scheduled on a node" },
        { "starting", FailureCause.TargetUnusable, "web-0 does not run" },
        { "over", FailureCause.TargetUnusable, "No pod mounts shop/data" },
        { "leaving", FailureCause.TargetUnusable, "web-0 is being deleted" },
        { "agentless", FailureCause.NodeUnavailable, "mounted on n9, and no agent of it has ever enrolled" },
        { "lost", FailureCause.TargetUnusable, "The persistent volume pvc-c-shop-data is not there" },
        { "unheard", FailureCause.NodeUnavailable, "API has not answered" },
    };

    [Theory]
    [MemberData(nameof(Obstacles))]
    public async Task NothingSaid_AndItCannotBe_SaysWhy(string state, FailureCause cause, string reason)
    {
        TestCluster there = new TestCluster().Claim("shop", "data");
        TestCluster cluster = state switch
        {
            "again" => new TestCluster().Claim("shop", "data", uid: "other").Pod("shop", "web-0", "n1", Claimed("d", "data")),
            "claim" => new TestCluster().Pod("shop", "web-0", "n1", Claimed("d", "data")),
            "namespace" => new TestCluster().Claim("prod", "data"),
            "unmounted" => there,
            "pending" => there.Pod("shop", "web-0", "", null, "Pending", Claimed("d", "data")),
            "starting" => there.Pod("shop", "web-0", "n1", null, "Pending", Claimed("d", "data")),
            "over" => there.Pod("shop", "web-0", "n1", null, "Succeeded", Claimed("d", "data")),
            "leaving" => there.Pod("shop", "web-0", "n1", Claimed("d", "data")).Leaving("web-0"),
            "agentless" => there.Pod("shop", "web-0", "n9", Claimed("d", "data")),
            "lost" => there.Pod("shop", "web-0", "n1", Claimed("d", "data")).Forget("pvc-c-shop-data"),
            _ => new TestCluster { IsKnown = false },
        };
        Assert.Contains(reason, await RefusedAsync(cause, cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingSaid_ClaimWithAnotherVolume_IsRefused()
    {
        await CommitAsync(Bound(), claim => claim with { PersistentVolumeUid = "former" });
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        Assert.Contains("another volume by now (UID v-c-shop-data, not former)", await RefusedAsync(FailureCause.NotFound, cluster), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAView_SaysSo_AndADirectoryIsStillATarget()
    {
        Assert.Contains("no section kubernetes", await RefusedAsync(FailureCause.InvalidRequest, null), StringComparison.Ordinal);
        RestoreRecord record = await PlanAsync(null, r => r.Files = new Wire.RestoreFilesOptions { Target = "/srv/x" });
        Assert.Equal((null, "n1", "/srv/x"), (record.Into, record.Node, MessageJson.Parse<Wire.RestoreTask>(record.Task).Files.Target));
        Assert.Null((await PlanAsync(null, source: Plain)).Into);
    }

    [Fact]
    public async Task Named_ClaimMadeAgain_IsTakenAsAnother()
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data", uid: "other").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        RestoreRecord record = await PlanAsync(cluster, r => r.Into = new Wire.VolumeName { Namespace = "shop", Claim = "data" });
        Assert.False(MessageJson.Parse<Wire.RestoreTask>(record.Task).IntoVolume.Own);
        Assert.Equal("other", record.Into!.ClaimUid);
    }

    [Fact]
    public async Task Named_ClaimOfTheSnapshot_IsItsOwn()
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        RestoreRecord record = await PlanAsync(cluster, r => r.Into = new Wire.VolumeName { Namespace = "shop", Pod = "web-0" });
        Assert.True(MessageJson.Parse<Wire.RestoreTask>(record.Task).IntoVolume.Own);
    }

    [Fact]
    public async Task Named_SharedClaim_IsReachedOnANodeThatIsConnected()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "shared").Pod("prod", "a", "n0", Claimed("s", "shared")).Pod("prod", "b", "n2", Claimed("s", "shared"));
        Assert.Equal("n2", (await PlanAsync(cluster, r => r.Into = new Wire.VolumeName { Namespace = "prod", Claim = "shared" }, Plain)).Node);
    }

    [Fact]
    public async Task Named_HostPath_HasThePathForTheAgentToCheck()
    {
        TestCluster cluster = new TestCluster().Pod("prod", "web", "n2", Host("logs", "/var/log/web/"));
        RestoreRecord record = await PlanAsync(cluster, r => r.Into = new Wire.VolumeName { Namespace = "prod", Pod = "web", Volume = "logs" }, Plain);
        Assert.Equal(("/var/log/web", "n2"), (MessageJson.Parse<Wire.RestoreTask>(record.Task).IntoVolume.HostPath, record.Node));
    }

    [Theory]
    [InlineData("gone/data", FailureCause.NotFound, "The namespace gone is not there")]
    [InlineData("shop/none", FailureCause.NotFound, "There is no claim shop/none")]
    [InlineData("shop/idle", FailureCause.TargetUnusable, "No pod mounts shop/idle")]
    [InlineData("shop/disk", FailureCause.TargetUnusable, "raw block volume")]
    [InlineData("shop/none:d", FailureCause.NotFound, "There is no pod shop/none")]
    [InlineData("shop/job-1:d", FailureCause.TargetUnusable, "The pod shop/job-1 does not run: it is Succeeded")]
    [InlineData("shop/new-1:d", FailureCause.TargetUnusable, "The pod shop/new-1 does not run: it is Pending")]
    [InlineData("shop/web-0:x", FailureCause.NotFound, "has no volume 'x'; it has b, d, token")]
    [InlineData("shop/web-0:", FailureCause.InvalidRequest, "has several volumes; say which: b, d, token")]
    [InlineData("shop/web-0:token", FailureCause.PermissionDenied, "of kind Secret")]
    public async Task Named_WhatCannotBe_IsRefusedWithTheReason(string name, FailureCause cause, string reason)
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Claim("shop", "disk", mode: "Block").Claim("shop", "idle")
            .Pod("shop", "web-0", "n1", Claimed("b", "disk"), Claimed("d", "data"), new KubernetesApi.Pods.PodVolume { Name = "token", Secret = new SecretVolume() })
            .Pod("shop", "job-1", "n1", null, "Succeeded", Claimed("d", "data"))
            .Pod("shop", "new-1", "", null, "Pending", Claimed("d", "data"));
        string[] parts = name.Split('/', ':');
        Wire.VolumeName into = parts.Length == 2
            ? new Wire.VolumeName { Namespace = parts[0], Claim = parts[1] }
            : new Wire.VolumeName { Namespace = parts[0], Pod = parts[1], Volume = parts[2] };

        Assert.Contains(reason, await RefusedAsync(cause, cluster, r => r.Into = into), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dump_HasNoPlaceToGoBackTo_AndGoesWhereItIsToldAsAFile()
    {
        SourceKey dump = new("pods", SourceKind.Volume, "dump.shop.web-0.d.0a0b0c0d");
        PodVolume written = new() { Namespace = "shop", Pod = "web-0", PodUid = "p-shop-web-0", Volume = "d", Kind = PodVolumeKind.CommandOutput };
        _point = (await _store.CommitPointAsync(await BackUpAsync(dump, written))).Id.ToString();
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        Wire.VolumeName into = new() { Namespace = "shop", Claim = "data" };
        Wire.RestoreFilesOptions mirror = new() { Conflicts = Wire.ConflictPolicy.Mirror };

        Assert.Contains("no place to go back to", await RefusedAsync(FailureCause.InvalidRequest, cluster, source: dump), StringComparison.Ordinal);
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Files = new Wire.RestoreFilesOptions { Target = "/srv/x" }, dump);
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => (r.Into, r.Files) = (into, mirror), dump);
        RestoreRecord onNode = await PlanAsync(cluster, r => (r.Node, r.Files) = ("n2", new Wire.RestoreFilesOptions { Target = "/srv/x" }), dump);
        Assert.Equal((null, "n2"), (onNode.Into, onNode.Node));

        // A volume of the same pod and name is not what the command wrote, and keeps the owner and mode of its root.
        RestoreRecord inVolume = await PlanAsync(cluster, r => (r.Source, r.From, r.Into) = (null, new Wire.VolumeName { Namespace = "shop", Pod = "web-0", Volume = "d" }, into));
        Wire.RestoreIntoVolume task = MessageJson.Parse<Wire.RestoreTask>(inVolume.Task).IntoVolume;
        Assert.Equal(("data", false, false), (inVolume.Into!.Claim, task.Own, task.RootMetadata));
    }

    [Fact]
    public async Task RequestsThatMakeNoSense_AreRefused()
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        Wire.VolumeName into = new() { Namespace = "shop", Claim = "data" };
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => (r.Into, r.Files) = (into, new Wire.RestoreFilesOptions { Target = "/srv/x" }));
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => (r.Into, r.Node) = (into, "n1"));
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Node = "n2");
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = into, Etcd);
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = into, Disk);
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = new Wire.VolumeName { Namespace = "shop" });
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = new Wire.VolumeName { Claim = "data" });
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = new Wire.VolumeName { Namespace = "shop", Claim = "data", Pod = "web-0" });
        await RefusedAsync(FailureCause.InvalidRequest, cluster, r => r.Into = new Wire.VolumeName { Namespace = "shop", Claim = "data", Volume = "d" });
    }

    [Fact]
    public async Task Engine_DryRun_WantsNoContent_AndTheRecordKeepsTheVolume()
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        RestoreStore records = new(new FileStateHome(_store.State), NullLogger<RestoreStore>.Instance);
        AuditLog audit = new(Path.Combine(_store.State, "audit.log"), TimeProvider.System, NullLogger<AuditLog>.Instance);
        using RestoreEngine engine = new(
            records, ClusterRestoreRecords.StoreIn(_store.State), Planner(cluster), _store.Board, _nodes, new RestoreOptions(), audit, TimeProvider.System, NullLogger<RestoreEngine>.Instance);
        Wire.StartRestoreRequest request = new() { PointId = _point, Source = SourceMapping.ToWire(Claim) };

        RestoreRecord record = await engine.StartAsync(request, "alice", CancellationToken.None, isPreview: true);

        Assert.True(_store.Board.Find(WorkIds.ForRestore(record.Id))!.Restore!.WithoutContent);
        Assert.Equal("c-shop-data", new RestoreStore(new FileStateHome(_store.State), NullLogger<RestoreStore>.Instance).Find(record.Id)!.Into!.ClaimUid);
        await engine.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task PartsPoliciesAndDryRuns_ReachTheAgent()
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"));
        RestoreRecord record = await PlanAsync(
            cluster,
            r =>
            {
                r.Paths.Add(ByteString.CopyFromUtf8("f"));
                r.Files = new Wire.RestoreFilesOptions { Conflicts = Wire.ConflictPolicy.Mirror };
            },
            isPreview: true);

        Wire.RestoreIntoVolume into = MessageJson.Parse<Wire.RestoreTask>(record.Task).IntoVolume;
        Assert.Equal((true, false), (into.Preview, into.RootMetadata));
        Assert.Equal((Wire.ConflictPolicy.Mirror, "f"), (into.Files.Conflicts, into.Files.Selection.Single().ToStringUtf8()));
        Assert.Equal("f", Encoding.UTF8.GetString(record.Paths.Single()));
    }

    [Theory]
    [InlineData("shop", "data", "", "", "pvc.shop.data.0a1b2c3d")]
    [InlineData("shop", "", "web-0", "scratch", "pod.shop.web-0.scratch.4e5f6071")]
    [InlineData("shop", "", "web-0", "", null)]
    [InlineData("shop", "none", "", "", null)]
    [InlineData("other", "data", "", "", null)]
    [InlineData("", "data", "", "", null)]
    [InlineData("shop", "data", "web-0", "", null)]
    public async Task Source_ByClaimOrPod_IsFoundInThePoint(string ns, string claim, string pod, string volume, string? source)
    {
        TestCluster cluster = new TestCluster().Claim("shop", "data").Pod("shop", "web-0", "n1", Claimed("d", "data"), Empty("scratch"));
        Wire.VolumeName from = new() { Namespace = ns, Claim = claim, Pod = pod, Volume = volume };
        if (source is not null)
        {
            Assert.Equal(source, (await PlanAsync(cluster, r => (r.Source, r.From) = (null, from))).Source.Name);
            return;
        }

        bool isComplete = ns.Length > 0 && claim.Length > 0 != pod.Length > 0;
        string refusal = await RefusedAsync(
            pod.Length > 0 || !isComplete ? FailureCause.InvalidRequest : FailureCause.NotFound, cluster, r => (r.Source, r.From) = (null, from));
        Assert.Equal(isComplete, refusal.Contains("shop/data, ", StringComparison.Ordinal));
    }

    /// <summary>What the snapshots are of.</summary>
    private static PodVolume Bound() => VolumeUses.Of(new TestCluster().Pod("shop", "web-0", "n1", Empty("scratch")).State).Single().Volume;

    private async Task CommitAsync(PodVolume scratch, Func<PodVolume, PodVolume>? change = null)
    {
        TestCluster then = new TestCluster().Claim("shop", "data").Claim("shop", "disk", mode: "Block").Pod("shop", "web-0", "n1", Claimed("d", "data"), Claimed("x", "disk"));
        PodVolume[] volumes = [.. VolumeUses.Of(then.State).Select(use => use.Volume)];
        PodVolume claim = volumes.Single(v => v.Claim == "data");
        RestorePointManifest point = await _store.CommitPointAsync(
            await BackUpAsync(Claim, change?.Invoke(claim) ?? claim),
            await BackUpAsync(Scratch, scratch),
            await BackUpAsync(Disk, volumes.Single(v => v.Block)),
            await BackUpAsync(Plain, null),
            await BackUpAsync(Etcd, null));
        _point = point.Id.ToString();
    }

    private Task<SnapshotManifest> BackUpAsync(SourceKey source, PodVolume? volume) =>
        source.Kind == SourceKind.Etcd ? _store.BackUpEtcdAsync(source) : _store.BackUpFileAsync(source, volume);

    private Task<RestoreRecord> PlanAsync(TestCluster? cluster, Action<Wire.StartRestoreRequest>? change = null, SourceKey? source = null, bool isPreview = false)
    {
        Wire.StartRestoreRequest request = new() { PointId = _point, Source = SourceMapping.ToWire(source ?? Claim) };
        change?.Invoke(request);
        return Planner(cluster).PlanAsync(request, "alice", isPreview, CancellationToken.None);
    }

    private RestorePlanner Planner(TestCluster? cluster) => new(_store.Points, _store.Access, _nodes, new VolumeTargets(_nodes, cluster), TimeProvider.System);

    private async Task<string> RefusedAsync(FailureCause cause, TestCluster? cluster, Action<Wire.StartRestoreRequest>? change = null, SourceKey? source = null)
    {
        BackupException e = await Assert.ThrowsAsync<BackupException>(() => PlanAsync(cluster, change, source));
        Assert.Equal(cause, e.Failure.Cause);
        return e.Failure.Message;
    }
}
