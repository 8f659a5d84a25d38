using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Catalog;

public sealed class QueriesTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private TestStore _store = null!;

    private PointQueries Points => new(_store.Access, _store.Points, _store.Snapshots);

    public async Task InitializeAsync() => _store = await TestStore.CreateAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task List_Points_NewestFirstFilteredAndLimited()
    {
        RestorePointManifest first = await PointOfAsync(Volume);
        RestorePointManifest second = await PointOfAsync(Volume with { Node = "node-2" });
        Assert.Equal([second.Id.ToString(), first.Id.ToString()], (await ListAsync(new())).Select(p => p.Id));
        Assert.Equal([first.Id.ToString()], (await ListAsync(new() { Node = "node-1" })).Select(p => p.Id));
        Assert.Empty(await ListAsync(new() { Plan = "weekly" }));
        Assert.Single(await ListAsync(new() { Limit = 1 }));
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, ListAsync(new() { Limit = -1 }));
    }

    [Fact]
    public async Task Get_IdPrefixOrLatest_BringsTheSnapshots()
    {
        RestorePointManifest point = await PointOfAsync(Volume);
        foreach (string text in new[] { point.Id.ToString(), point.Id.ToString()[..15], "latest" })
        {
            Wire.RestorePoint found = await Points.GetAsync(new Wire.GetPointRequest { PointId = text }, TestCall.Operator());
            Assert.Equal(SourceMapping.ToWire(Volume), Assert.Single(found.Snapshots).Source);
            Assert.Equal(2, found.Snapshots[0].Counts.Entries);
        }

        await PointOfAsync(Volume);
        foreach ((string text, StatusCode code) in new[] { ("0", StatusCode.InvalidArgument), ("zz", StatusCode.NotFound), ("", StatusCode.NotFound) })
        {
            await Rpc.RefusedAsync(code, Points.GetAsync(new Wire.GetPointRequest { PointId = text }, TestCall.Operator()));
        }
    }

    [Fact]
    public async Task List_DamagedManifests_AreShownAsSuch()
    {
        RestorePointManifest sound = await PointOfAsync(Volume);
        RestorePointManifest damaged = await PointOfAsync(Volume);
        _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = $"restore-points/{damaged.Id}", Offset = 100 });
        _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = $"snapshots/{sound.Sources[0].Snapshot}", Offset = 100 });
        IReadOnlyList<Wire.RestorePoint> points = await ListAsync(new());
        Assert.Equal(damaged.Id.ToString(), points[0].Id);
        Assert.Contains("restore-points/", points[0].Damage, StringComparison.Ordinal);
        Assert.Equal("", points[1].Damage);
        Assert.Contains("snapshots/", Assert.Single(points[1].Snapshots).Damage, StringComparison.Ordinal);
        Assert.Equal(sound.Id, (await _store.Points.ResolveAsync("latest", CancellationToken.None)).Id);
        BackupException refusal = await Assert.ThrowsAsync<BackupException>(() => _store.Points.ResolveAsync(damaged.Id.ToString(), CancellationToken.None));
        Assert.Equal(FailureCause.StoreCorrupt, refusal.Failure.Cause);
    }

    [Fact]
    public async Task ListFiles_ChildrenOrEverything_InTreeOrder()
    {
        SnapshotManifest snapshot = await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(
            UploadAgent.Directory("a"), UploadAgent.Directory("a/b"), UploadAgent.File("a/b/c", 0), UploadAgent.File("a/d", 0), UploadAgent.File("e", 0)));
        await _store.CommitPointAsync(snapshot);
        Assert.Equal(["a", "e"], await FilesAsync("", false));
        Assert.Equal(["a/b", "a/d"], await FilesAsync("a", false));
        Assert.Equal(["a/b", "a/b/c", "a/d"], await FilesAsync("a", true));
        Assert.Equal(["e"], await FilesAsync("e", false));
        await Rpc.RefusedAsync(StatusCode.NotFound, FilesAsync("a/x", false));
        await Rpc.RefusedAsync(StatusCode.NotFound, FilesAsync("../e", true));
    }

    [Fact]
    public async Task CommitPoint_AgainAfterALostAnswer_Succeeds()
    {
        SnapshotManifest snapshot = await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync());
        RestorePointManifest point = await _store.CommitPointAsync(snapshot);
        await new RestorePointSink(_store.Access, null).CommitAsync(point with { FinishedAt = point.FinishedAt.AddSeconds(1) }, CancellationToken.None);
        Assert.Single(await ListAsync(new()));
    }

    [Fact]
    public async Task EnterToWrite_AfterAnotherCoordinatorTookOver_IsRefusedAndSaysSo()
    {
        bool told = false;
        _store.Access.TakenOver += () => told = true;
        await using RepositoryAccess other = new(
            _store.Store, _store.Keys, new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await other.OpenAsync(CancellationToken.None);
        await Rpc.RefusedAsync(StatusCode.Unavailable, PointOfAsync(Volume));
        Assert.True(told);
        await Rpc.RefusedAsync(StatusCode.Unavailable, _store.Access.EnterToWriteAsync(CancellationToken.None));
    }

    private async Task<RestorePointManifest> PointOfAsync(SourceKey source) => await _store.CommitPointAsync(
        await _store.BackUpFileAsync(source));

    private async Task<IReadOnlyList<Wire.RestorePoint>> ListAsync(Wire.ListPointsRequest request)
    {
        MessagePipe<Wire.RestorePoint> points = new();
        await Points.ListAsync(request, points, TestCall.Operator());
        return points.Drain();
    }

    private async Task<IEnumerable<string>> FilesAsync(string path, bool recursive)
    {
        MessagePipe<Wire.FileEntry> files = new();
        Wire.ListFilesRequest request = new()
        {
            PointId = "latest",
            Source = SourceMapping.ToWire(Volume),
            Path = Google.Protobuf.ByteString.CopyFromUtf8(path),
            Recursive = recursive,
        };
        await new FileQueries(_store.Points, _store.Access).ListAsync(request, files, TestCall.Operator());
        return files.Drain().Select(f => f.Entry.Path.ToStringUtf8());
    }
}
