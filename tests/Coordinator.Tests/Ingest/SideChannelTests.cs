using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.V1;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>
/// An agent that wonders whether another node has a certain chunk learns nothing: the same answers, and before each of them the same
/// number of calls of every kind to the store, which is what takes time.
/// </summary>
public sealed class SideChannelTests
{
    private static readonly SourceKey _volume = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey _foreign = new("node-2", SourceKind.Volume, "data");
    private static readonly byte[] _secret = UploadServiceTests.Bytes(77, 5000);
    private static readonly byte[] _absent = UploadServiceTests.Bytes(78, 5000);

    // No tick in the middle: all that is written is written for an answer.
    private static readonly UploadLimits _calm = new() { AckInterval = TimeSpan.FromDays(10_000), DurableInterval = TimeSpan.FromDays(10_000) };

    [Fact]
    public async Task Reference_ToAChunkOfAnotherNodeOrOfNobody_TakesTheSameSteps() =>
        await AssertAlikeAsync(async (agent, chunk) =>
        {
            Extent stolen = new(0, ChunkId.Of(chunk), 0, chunk.Length);
            Finish finish = await agent.TreeAsync(UploadAgent.File("f", chunk.Length, stolen));
            RpcException refused = await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish));
            return refused.Status.Detail.Replace(ChunkId.Of(chunk).ToString(), "", StringComparison.Ordinal);
        });

    [Fact]
    public async Task Sent_ChunkOfAnotherNodeOrOfNobody_TakesTheSameSteps() =>
        await AssertAlikeAsync(async (agent, chunk) =>
        {
            Finish finish = await agent.TreeAsync(await agent.FileAsync("f", chunk), UploadAgent.Directory("mine"));
            return $"{(await agent.CommitAsync(finish)).StoredBytes}";
        });

    /// <summary>Nothing else is sent that could be new, and the answer is a refusal, which can be asked for again and again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SentAlone_ChunkOfAnotherNodeOrOfNobody_TakesTheSameSteps(bool isMalformed) =>
        await AssertAlikeAsync(async (agent, chunk) =>
        {
            await agent.AddAsync(chunk, CancellationToken.None);
            Finish finish = new() { Root = ByteString.CopyFrom(isMalformed ? [1] : ChunkId.Of(chunk).ToArray()), Outcome = Outcome.Completed, Counts = new SnapshotCounts(), SourcePath = "/data" };
            await agent.SendAsync(new UploadRequest { Finish = finish });
            RpcException refused = await Assert.ThrowsAsync<RpcException>(agent.NextAsync);
            return $"{refused.StatusCode} {refused.Status.Detail}".Replace(ChunkId.Of(chunk).ToString(), "", StringComparison.Ordinal);
        });

    [Fact]
    public async Task Unchanged_AfterItsOwnParent_WritesNothingMore()
    {
        await using TestStore store = await TestStore.CreateAsync(_calm);
        await store.BackUpAsync(_volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", _secret)));
        int packs = (await store.ObjectNamesAsync("packs/")).Count;

        await store.BackUpAsync(_volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", _secret)));

        Assert.Equal(packs, (await store.ObjectNamesAsync("packs/")).Count);
    }

    private static async Task AssertAlikeAsync(Func<UploadAgent, byte[], Task<string>> ask)
    {
        (string answer, string calls) = await AskAsync(_absent, ask);
        Assert.Equal((answer, calls), await AskAsync(_secret, ask));
        Assert.NotEqual("", calls);
    }

    private static async Task<(string Answer, string Calls)> AskAsync(byte[] chunk, Func<UploadAgent, byte[], Task<string>> ask)
    {
        await using TestStore store = await TestStore.CreateAsync(_calm);
        await store.BackUpAsync(_foreign, async agent => await agent.TreeAsync(await agent.FileAsync("secret", _secret)));
        WorkItem item = store.AddBackup(_volume);
        ConcurrentQueue<string> calls = new();
        store.Store.Called = (operation, name) => calls.Enqueue($"{operation} {name.Split('/')[0]}");
        await using UploadAgent agent = await UploadAgent.OpenAsync(store, item);
        string answer = await ask(agent, chunk);
        string[] made = [.. calls];
        store.Store.Called = null;
        return (answer, string.Join('\n', made.GroupBy(call => call).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Count()} {group.Key}")));
    }
}
