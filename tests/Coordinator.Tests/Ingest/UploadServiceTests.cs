using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.Transport.V1;
using EntryState = K8sBackup.Model.Trees.EntryState;
using SnapshotManifest = K8sBackup.Model.Manifests.SnapshotManifest;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Coordinator.Tests.Ingest;

public sealed class UploadServiceTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private TestStore _store = null!;

    public async Task InitializeAsync() => _store = await TestStore.CreateAsync(
        new UploadLimits { AckBytes = 1, DurableInterval = TimeSpan.FromMilliseconds(1) });

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Send_Tree_IsCommittedWithCountsOfItsOwn()
    {
        SnapshotManifest manifest = await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(
            await agent.FileAsync("a", Bytes(1, 5000), Bytes(2, 300_000)),
            UploadAgent.HardLink("b", "a")));
        Assert.Equal(3, manifest.Counts.Entries);
        Assert.Equal(1, manifest.Counts.Files);
        Assert.Equal(305_000, manifest.Counts.FileBytes);
        Assert.Equal(SnapshotOutcome.Completed, manifest.Outcome);
        Assert.Equal(Volume, manifest.Source);
        Assert.Equal("/data", manifest.SourcePath);
        Assert.True(manifest.Counts.StoredBytes > 300_000, "Random bytes do not shrink.");
        Assert.Equal(manifest, Assert.Single(await _store.ListedAsync()), Same);
    }

    [Fact]
    public async Task Send_FinishedWork_GetsTheSameCommittedAlsoAfterARestart()
    {
        RunId run = RunId.Create(TimeProvider.System);
        string first = await CommitOneAsync(_store.AddBackup(Volume, run));
        Assert.Equal(first, await CommitOneAsync(_store.AddBackup(Volume, run)));
        await _store.RestartAsync();
        WorkItem again = _store.AddBackup(Volume, run);
        Assert.Equal(first, await CommitOneAsync(again));
        Assert.Equal(first, ((WorkOutcome.SnapshotCommitted)await again.Completion).Manifest.Id.ToString());
        Assert.Single(await _store.ListedAsync());
    }

    [Fact]
    public async Task Send_BrokenThenRestarted_SendsOnlyWhatIsNotDurable()
    {
        RunId run = RunId.Create(TimeProvider.System);
        byte[][] chunks = [Bytes(1, 200_000), Bytes(2, 200_000), Bytes(3, 200_000)];
        await using (UploadAgent broken = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume, run)))
        {
            await broken.FileAsync("f", chunks);
            await broken.MakeDurableAsync();
        }

        Assert.Empty(await _store.ListedAsync());
        await _store.RestartAsync();
        WorkItem item = _store.AddBackup(Volume, run);
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, item);
        Assert.True(agent.KnownAtStart >= 3, $"{agent.KnownAtStart} chunks are known.");
        Finish finish = await agent.TreeAsync(await agent.FileAsync("f", chunks));
        Assert.Equal(1, agent.FramesSent);
        await agent.CommitAsync(finish);
        Assert.Single(await _store.ListedAsync());
        await item.Completion;
    }

    [Fact]
    public async Task Send_DurableChunksTurnedOutDamaged_AreNotOfferedToTheNextAttempt()
    {
        byte[][] chunks = [Bytes(1, 200_000), Bytes(2, 200_000)];
        WorkItem item = _store.AddBackup(Volume);
        await using (UploadAgent broken = await UploadAgent.OpenAsync(_store, item))
        {
            await broken.FileAsync("f", chunks);
            await broken.MakeDurableAsync();
        }

        await _store.DistrustAllPacksAsync();
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, item);
        Assert.Equal(0, agent.KnownAtStart);
        await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("f", chunks)));
        Assert.Single(await _store.ListedAsync());
    }

    [Fact]
    public async Task Send_ParentTurnedOutDamagedMeanwhile_TheNextAttemptSendsEverything()
    {
        byte[] content = Bytes(1, 200_000);
        await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", content)));
        WorkItem item = _store.AddBackup(Volume);
        await using (UploadAgent first = await UploadAgent.OpenAsync(_store, item))
        {
            Finish finish = await first.TreeAsync(UploadAgent.File("f", content.Length, new Extent(0, ChunkId.Of(content), 0, content.Length)));
            await _store.DistrustAllPacksAsync();
            await Rpc.RefusedAsync(StatusCode.Unavailable, first.CommitAsync(finish));
        }

        await using UploadAgent second = await UploadAgent.OpenAsync(_store, item);
        Assert.Empty(second.Accepted.ParentSnapshotId);
        await second.CommitAsync(await second.TreeAsync(await second.FileAsync("f", content)));
        Assert.Equal(2, (await _store.ListedAsync()).Count);
    }

    [Fact]
    public async Task Send_CoordinatorRestartedOverAndOver_FinishesAndNeverGoesBack()
    {
        const int Restarts = 20;
        RunId run = RunId.Create(TimeProvider.System);
        byte[][] chunks = [.. Enumerable.Range(1, Restarts).Select(i => Bytes((byte)i, 50_000))];
        int known = 0;
        for (int i = 0; i < Restarts; i++)
        {
            await using (UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume, run)))
            {
                Assert.True(agent.KnownAtStart >= known + Math.Min(i, 1), $"{known} chunks were durable before, {agent.KnownAtStart} are now.");
                known = agent.KnownAtStart;
                await agent.AddAsync(chunks[i], CancellationToken.None);
                await agent.MakeDurableAsync();
            }

            Assert.Empty(await _store.ListedAsync());
            await _store.RestartAsync();
        }

        await using UploadAgent last = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume, run));
        Finish finish = await last.TreeAsync(await last.FileAsync("f", chunks));
        Assert.Equal(2, last.FramesSent);
        await last.CommitAsync(finish);
        Assert.Equal(Restarts * 50_000, Assert.Single(await _store.ListedAsync()).Counts.FileBytes);
    }

    [Fact]
    public async Task Send_UnchangedChunksOfTheParent_NeedNotBeSent()
    {
        byte[] content = Bytes(1, 200_000);
        SnapshotManifest parent = await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", content)));
        await using UploadAgent second = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Assert.Equal(parent.Id.ToString(), second.Accepted.ParentSnapshotId);
        Finish finish = await second.TreeAsync(
            UploadAgent.File("f", content.Length, new Extent(0, ChunkId.Of(content), 0, content.Length)),
            await second.FileAsync("g", Bytes(2, 10)));
        Assert.Equal(2, second.FramesSent);
        await second.CommitAsync(finish);
        Assert.Equal(parent.Id, (await _store.ListedAsync())[0].Parent);
    }

    [Fact]
    public async Task Send_NewerStream_EndsTheOlderOne()
    {
        WorkItem item = _store.AddBackup(Volume);
        await using UploadAgent older = await UploadAgent.OpenAsync(_store, item);
        await older.AddAsync(Bytes(1, 100), CancellationToken.None);
        await using UploadAgent newer = await UploadAgent.OpenAsync(_store, item);
        await Rpc.RefusedAsync(StatusCode.Aborted, older.Call);
        await newer.CommitAsync(await newer.TreeAsync());
        Assert.Single(await _store.ListedAsync());
    }

    [Fact]
    public async Task Send_CancelledWork_EndsCancelledAndListsNothing()
    {
        WorkItem item = _store.AddBackup(Volume);
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, item);
        await agent.AddAsync(Bytes(1, 100), CancellationToken.None);
        _store.Board.Cancel(item.WorkId);
        await Rpc.RefusedAsync(StatusCode.Cancelled, agent.Call);
        Assert.Empty(await _store.ListedAsync());
    }

    [Fact]
    public async Task Send_UnreadableEntries_MakeItPartialWhateverTheAgentSays()
    {
        SnapshotManifest manifest = await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(
            UploadAgent.File("a", 0) with { State = EntryState.Unreadable, Reason = "EIO" },
            UploadAgent.File("b", 0) with { State = EntryState.ChangedWhileRead },
            UploadAgent.File("c", 0) with { State = EntryState.RecordedOnly }));
        Assert.Equal(SnapshotOutcome.PartiallyFailed, manifest.Outcome);
        Assert.Equal((1, 1), (manifest.Counts.Failed, manifest.Counts.Changed));
        Assert.Equal([new("a", EntryState.Unreadable, "EIO"), new("b", EntryState.ChangedWhileRead, "")], manifest.Items);
    }

    [Fact]
    public async Task Send_FullStore_IsRefusedListsNothingAndALaterRunSucceeds()
    {
        _store.Store.Add(new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Put, Error = ObjectStoreError.NoSpace });
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Finish finish = await agent.TreeAsync(await agent.FileAsync("f", Bytes(1, 300_000)));
        await Rpc.RefusedAsync(StatusCode.ResourceExhausted, agent.CommitAsync(finish));
        Assert.Empty(await _store.ListedAsync());

        _store.Store.ClearRules();
        await _store.BackUpAsync(Volume, async later => await later.TreeAsync(await later.FileAsync("f", Bytes(1, 300_000))));
        Assert.Single(await _store.ListedAsync());
    }

    [Theory]
    [InlineData("snapshots/", FaultKind.ErrorInstead)]
    [InlineData("snapshots/", FaultKind.ErrorAfterApply)]
    [InlineData("index/", FaultKind.ErrorInstead)]
    [InlineData("packs/", FaultKind.ErrorAfterApply)]
    public async Task Send_StoreThatFailsAtOneStep_CommitsOnceInTheEnd(string prefix, FaultKind kind)
    {
        RunId run = RunId.Create(TimeProvider.System);
        _store.Store.Add(new FaultRule { Kind = kind, Operations = StoreOperations.Put, NamePrefix = prefix, Count = 5 });
        for (int attempt = 0; attempt < 6; attempt++)
        {
            await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume, run));
            Finish finish = await agent.TreeAsync(await agent.FileAsync("f", Bytes(1, 300_000)));
            try
            {
                await agent.CommitAsync(finish);
                break;
            }
            catch (Exception e) when (e is Model.Outcomes.BackupException)
            {
                Assert.True(attempt < 5, e.Message);
            }
        }

        Assert.Single(await _store.ListedAsync());
    }

    [Fact]
    public async Task Send_ManyNodesAtOnce_AllCommit()
    {
        await Task.WhenAll(Enumerable.Range(1, 8).Select(node => Task.Run(() => _store.BackUpAsync(
            Volume with { Node = $"node-{node}" },
            async agent => await agent.TreeAsync(await agent.FileAsync("f", Bytes(1, 100_000), Bytes((byte)(10 + node), 100_000)))))));
        Assert.Equal(8, (await _store.ListedAsync()).Count);
    }

    [Fact]
    public async Task Send_EtcdWithEvidence_IsCommittedWithIt()
    {
        SourceKey etcd = new("cp-1", SourceKind.Etcd, "main");
        SnapshotManifest manifest = await _store.BackUpEtcdAsync(etcd);
        Assert.True(manifest.Etcd!.IsVerified);
    }

    [Fact]
    public async Task Send_EtcdThatMembersDisagreeWith_IsKeptAndNeverCompleted()
    {
        SnapshotManifest manifest = await _store.BackUpEtcdAsync(new("cp-1", SourceKind.Etcd, "main"), isSuspect: true);

        Assert.Equal((SnapshotOutcome.PartiallyFailed, false, true), (manifest.Outcome, manifest.Etcd!.IsVerified, manifest.Etcd.IsWalked));
        Assert.Contains("the members cp-2, cp-3", manifest.Etcd.Suspicion, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadParent_CommittedSource_GivesEntriesWithContent()
    {
        byte[] content = Bytes(1, 200_000);
        await _store.BackUpAsync(Volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", content)));
        MessagePipe<ParentMessage> parent = new();
        await _store.Uploads.ReadParent(
            new ReadParentRequest { WorkId = _store.AddBackup(Volume).WorkId }, parent, new TestCall(TestStore.AgentOf(Volume)));
        ParentEntry[] entries = [.. parent.Drain().SelectMany(m => m.Entries)];
        Assert.Equal(["", "f"], entries.Select(e => e.Entry.Path.ToStringUtf8()));
        Assert.All(entries, entry => Assert.True(entry.Last));
        Assert.Equal(ChunkId.Of(content).ToArray(), Assert.Single(entries[1].Extents).ChunkId.ToByteArray());
    }

    internal static byte[] Bytes(byte seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static bool Same(SnapshotManifest left, SnapshotManifest right) => left.Id == right.Id && left.Root == right.Root;

    private async Task<string> CommitOneAsync(WorkItem item)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, item);
        return (await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("f", Bytes(1, 1000))))).SnapshotId;
    }
}
