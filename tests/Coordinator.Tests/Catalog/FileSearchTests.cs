using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit.ObjectStores;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Catalog;

public sealed class FileSearchTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private TestStore _store = null!;

    public async Task InitializeAsync() => _store = await TestStore.CreateAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("*.db", "d/e/x.db y.db")]
    [InlineData("y.db", "y.db")]
    [InlineData("d/**", "d/e d/e/x.db")]
    [InlineData("/d/e/x.db", "d/e/x.db")]
    [InlineData("d/e/", "d/e")]
    [InlineData("d/e/x.db/", "")]
    [InlineData("nothing", "")]
    public async Task Find_InTheLatest_GivesWhatFits(string pattern, string expected)
    {
        await PointAsync(Volume, ("d/e/x.db", 10), ("y.db", 20));
        (List<Wire.FoundFile> found, Wire.FindFilesDone done) = await FindAsync(new() { Pattern = pattern, PointId = "latest" });
        Assert.Equal(expected, string.Join(' ', found.Select(f => f.Entry.Path.ToStringUtf8())));
        Assert.Equal((1L, 1L, (long)found.Count), (done.Points, done.Snapshots, done.Found));
    }

    [Fact]
    public async Task Find_InAllPoints_GivesEachVersionOnceWithTheNewestPointThatHasIt()
    {
        RestorePointManifest first = await PointAsync(Volume, ("f", 10), ("other", 1));
        RestorePointManifest second = await PointAsync(Volume, ("f", 20), ("other", 1));
        RestorePointManifest third = await PointAsync(Volume, ("f", 20), ("other", 2));
        await PointAsync(Volume, ("other", 2));

        (List<Wire.FoundFile> found, Wire.FindFilesDone done) = await FindAsync(new() { Pattern = "f" });

        Assert.Equal([(third.Id.ToString(), 20L), (first.Id.ToString(), 10L)], found.Select(f => (f.PointId, f.Entry.Size)));
        Assert.NotEqual(second.Id, third.Id);
        Assert.Equal(4, done.Points);
    }

    [Fact]
    public async Task Find_UnchangedTree_IsNotReadAgain()
    {
        await PointAsync(Volume, ("f", 10));
        await PointAsync(Volume, ("f", 10));
        (List<Wire.FoundFile> found, Wire.FindFilesDone done) = await FindAsync(new() { Pattern = "*" });
        Assert.Equal((2L, 1L), (done.Points, done.Snapshots));
        Assert.Single(found);
    }

    [Fact]
    public async Task Find_BySourcePlanAndLimit_IsNarrowed()
    {
        await PointAsync(Volume, ("a", 1), ("b", 1));
        await PointAsync(Volume with { Node = "node-2" }, ("c", 1));
        Assert.Equal(["a", "b"], Names(await FindAsync(new() { Pattern = "*", Source = "@node-1" })));
        Assert.Empty(Names(await FindAsync(new() { Pattern = "*", Plan = "weekly" })));
        Assert.Empty(Names(await FindAsync(new() { Pattern = "*", PointId = "latest", Plan = "weekly" })));
        (List<Wire.FoundFile> found, Wire.FindFilesDone done) = await FindAsync(new() { Pattern = "*", Limit = 2 });
        Assert.Equal((2, true), (found.Count, done.LimitReached));
    }

    [Theory]
    [InlineData("shop", "", "", "a b")]
    [InlineData("", "data", "", "a")]
    [InlineData("s*", "d?ta", "", "a")]
    [InlineData("", "", "web-*", "a b")]
    [InlineData("shop", "", "web-1", "b")]
    [InlineData("shop", "data", "web-1", "")]
    [InlineData("prod", "", "", "")]
    public async Task Find_ByNamespaceClaimOrPod_SearchesTheseOnly(string ns, string claim, string pod, string expected)
    {
        PodVolume data = new() { Namespace = "shop", Pod = "web-0", Volume = "d", Kind = PodVolumeKind.Csi, Claim = "data", ClaimUid = "1" };
        PodVolume other = new() { Namespace = "shop", Pod = "web-1", Volume = "d", Kind = PodVolumeKind.EmptyDir };
        await _store.CommitPointAsync(
            await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(await agent.FileAsync("a", new byte[1])), data),
            await _store.BackUpAsync(Volume with { Name = "b" }, async agent => await agent.TreeAsync(await agent.FileAsync("b", new byte[1])), other),
            await _store.BackUpAsync(Volume with { Name = "c" }, async agent => await agent.TreeAsync(await agent.FileAsync("c", new byte[1]))));

        Assert.Equal(expected, string.Join(' ', Names(await FindAsync(new() { Pattern = "*", PointId = "latest", Namespace = ns, Claim = claim, Pod = pod }))));
    }

    [Fact]
    public async Task Find_DamagedSnapshot_IsNamedAndTheOthersAreSearched()
    {
        await PointAsync(Volume, ("old", 1));
        RestorePointManifest damaged = await PointAsync(Volume, ("new", 1));
        _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = $"snapshots/{damaged.Sources[0].Snapshot}", Offset = 100 });

        (List<Wire.FoundFile> found, Wire.FindFilesDone done) = await FindAsync(new() { Pattern = "*" });

        Assert.Equal(["old"], Names((found, done)));
        Assert.Contains(damaged.Id.ToString(), Assert.Single(done.Failures).Source, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# comment")]
    [InlineData("!not")]
    [InlineData("a[")]
    [InlineData("../x")]
    public async Task Find_PatternThatMakesNoSense_IsRefused(string pattern) =>
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, FindAsync(new() { Pattern = pattern }));

    [Fact]
    public async Task Find_BadLimitOrPoint_IsRefused()
    {
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, FindAsync(new() { Pattern = "x", Limit = -1 }));
        await Rpc.RefusedAsync(StatusCode.NotFound, FindAsync(new() { Pattern = "x", PointId = "latest" }));
    }

    private static IEnumerable<string> Names((List<Wire.FoundFile> Found, Wire.FindFilesDone Done) result) => result.Found.Select(f => f.Entry.Path.ToStringUtf8());

    private async Task<RestorePointManifest> PointAsync(SourceKey source, params (string Path, int Bytes)[] files) => await _store.CommitPointAsync(
        await _store.BackUpAsync(source, async agent =>
        {
            List<Model.Trees.TreeEntry> entries = [];
            foreach ((string path, int bytes) in files)
            {
                string[] parts = path.Split('/');
                entries.AddRange(Enumerable.Range(1, parts.Length - 1).Select(n => UploadAgent.Directory(string.Join('/', parts[..n]))));
                entries.Add(await agent.FileAsync(path, new byte[bytes]));
            }

            return await agent.TreeAsync([.. entries]);
        }));

    private async Task<(List<Wire.FoundFile> Found, Wire.FindFilesDone Done)> FindAsync(Wire.FindFilesRequest request)
    {
        MessagePipe<Wire.FindFilesMessage> pipe = new();
        await new FileSearch(_store.Points, _store.Snapshots, _store.Access).FindAsync(request, pipe, TestCall.Operator());
        IReadOnlyList<Wire.FindFilesMessage> messages = pipe.Drain();
        return ([.. messages.SkipLast(1).Select(m => m.Found)], messages[^1].Done);
    }
}
