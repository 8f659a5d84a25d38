using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Client;

/// <summary>Answers no API server gives: each ends in a failure with a name, and in bounded memory and time.</summary>
public sealed class AnswerTests : IDisposable
{
    private static readonly KubernetesClientOptions _small = new()
    {
        AttemptsMax = 1,
        AnswerBytesMax = 10_000,
        ChangeBytesMax = 100_000,
        AttemptTimeout = TimeSpan.FromDays(1),
    };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("<html>welcome</html>", KubernetesFailure.Malformed)]
    [InlineData("", KubernetesFailure.Malformed)]
    [InlineData("null", KubernetesFailure.Malformed)]
    [InlineData("{}", KubernetesFailure.Malformed)]
    [InlineData("""{"metadata": {"name": 7}}""", KubernetesFailure.Malformed)]
    public async Task Find_AnswerThatIsNoObject_IsMalformed(string answer, KubernetesFailure failure)
    {
        await using CannedPeer peer = new(answer);
        using KubernetesClient client = Client(peer);
        Assert.Equal(failure, (await FailingAsync(() => client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()))).Failure);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"metadata": {}}""")]
    [InlineData("""{"metadata": {}, "items": {}}""")]
    [InlineData("""{"metadata": {}, "items": [null]}""")]
    [InlineData("""{"metadata": {}, "items": [{"metadata": {"na""")]
    public async Task List_AnswerThatIsNoList_IsMalformed(string answer)
    {
        await using CannedPeer peer = new(answer);
        using KubernetesClient client = Client(peer);
        KubernetesException e = await FailingAsync(() => client.ListPageAsync(KubernetesTypes.ConfigMaps, ListQuery.Everything, Polling.Limit()));
        Assert.Equal((KubernetesFailure.Malformed, true), (e.Failure, e.IsPermanent));
    }

    [Fact]
    public async Task List_EndlessAnswer_IsTooLarge()
    {
        await using CannedPeer peer = new($$"""{"metadata": {}, "x": "{{new string('x', 20_000)}}""", hangsUp: false);
        using KubernetesClient client = Client(peer);
        Assert.Equal(KubernetesFailure.TooLarge, (await FailingAsync(() => client.ListPageAsync(KubernetesTypes.ConfigMaps, ListQuery.Everything, Polling.Limit()))).Failure);
    }

    [Theory]
    [InlineData("nonsense\n", KubernetesFailure.Malformed)]
    [InlineData("{\"type\": \"RENAMED\", \"object\": {}}\n", KubernetesFailure.Malformed)]
    [InlineData("{\"type\": \"ADDED\"}\n", KubernetesFailure.Malformed)]
    [InlineData("{\"type\": \"ERROR\", \"object\": {\"kind\": \"Status\", \"code\": 410, \"reason\": \"Expired\"}}\n", KubernetesFailure.Expired)]
    [InlineData("{\"type\": \"ADDED\", \"object\": {\"metad", KubernetesFailure.Unreachable)]
    public async Task Watch_AnswerThatIsNoChange_IsNamed(string answer, KubernetesFailure failure)
    {
        await using CannedPeer peer = new(answer);
        using KubernetesClient client = Client(peer);
        Assert.Equal(failure, (await FailingAsync(() => WatchAsync(client))).Failure);
    }

    [Fact]
    public async Task Watch_ChangeWithoutEnd_IsTooLarge()
    {
        await using CannedPeer peer = new("{\"type\": \"ADDED\", \"x\": \"" + new string('x', 300_000), hangsUp: false);
        using KubernetesClient client = Client(peer);
        Assert.Equal(KubernetesFailure.TooLarge, (await FailingAsync(() => WatchAsync(client))).Failure);
    }

    [Fact]
    public async Task Watch_ServerThatNeverEndsIt_IsGivenUp()
    {
        await using CannedPeer peer = new("\n", hangsUp: false);
        ManualTimeProvider clock = new();
        using KubernetesClient client = Client(peer, clock);
        DateTimeOffset began = clock.GetUtcNow();
        Task<KubernetesException> failing = FailingAsync(() => WatchAsync(client));
        await clock.AdvanceUntilAsync(() => failing.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1));
        Assert.Equal(KubernetesFailure.Unreachable, (await failing).Failure);
        Assert.True(clock.GetUtcNow() - began >= new WatchQuery { ResourceVersion = "1" }.Timeout);
    }

    private static async Task WatchAsync(KubernetesClient client)
    {
        await foreach (WatchEvent<ConfigMap> change in client.WatchAsync(KubernetesTypes.ConfigMaps, new WatchQuery { ResourceVersion = "1" }, Polling.Limit()))
        {
            Assert.Fail($"unexpected: {change}");
        }
    }

    private static Task<KubernetesException> FailingAsync(Func<Task> call) => Assert.ThrowsAsync<KubernetesException>(call);

    private KubernetesClient Client(CannedPeer peer, TimeProvider? clock = null)
    {
        string file = Path.Combine(_directory.Path, "kubeconfig");
        File.WriteAllText(file, peer.Kubeconfig);
        return new KubernetesClient(ClusterAccess.Read(file, TimeProvider.System), _small, clock ?? TimeProvider.System, new Random(1));
    }
}
