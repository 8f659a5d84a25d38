using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Kubernetes;

public sealed class LeaderLabelTests : IAsyncLifetime
{
    private const string Lease = "k8s-backup-coordinator";

    private readonly Lifetime _lifetime = new();
    private StandInCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await StandInCluster.StartAsync();

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _lifetime.Dispose();
    }

    [Fact]
    public async Task Label_FromStartToStop_IsOnThisPodAndNoOther()
    {
        await MakePodAsync("a", null);
        await MakePodAsync("former", Lease);
        await MakePodAsync("of-another-installation", "other-coordinator");
        using LeaderLabel label = Label("a");
        await label.StartAsync(CancellationToken.None);
        // Not before it serves: reading a large index takes minutes.
        Assert.Null(await LabelOfAsync("a"));

        _lifetime.Start();
        await Eventually.TrueAsync(async () => await LabelOfAsync("a") == Lease);
        Assert.Null(await LabelOfAsync("former"));
        Assert.Equal("other-coordinator", await LabelOfAsync("of-another-installation"));

        await label.StopAsync(CancellationToken.None);
        Assert.Null(await LabelOfAsync("a"));
    }

    [Fact]
    public async Task Label_PodThatIsNotThereYet_IsTriedAgain()
    {
        using LeaderLabel label = Label("late");
        _lifetime.Start();
        await label.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _cluster.Server.Requests.Any(r => r.StartsWith("PATCH", StringComparison.Ordinal)));
        await MakePodAsync("late", null);
        await Eventually.TrueAsync(async () => await LabelOfAsync("late") == Lease);
        await label.StopAsync(CancellationToken.None);
    }

    private LeaderLabel Label(string pod) => new(
        _cluster.Client, _cluster.Client, new ResourceName("default", pod), Lease, _lifetime, TimeProvider.System, NullLogger<LeaderLabel>.Instance);

    private Task<Pod> MakePodAsync(string name, string? label) => _cluster.Client.CreateAsync(
        KubernetesTypes.Pods,
        new Pod
        {
            Metadata = new ObjectMeta
            {
                Namespace = "default",
                Name = name,
                Labels = label is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [LeaderLabel.Key] = label },
            },
        },
        CancellationToken.None);

    private async Task<string?> LabelOfAsync(string pod) =>
        (await _cluster.Client.FindAsync(KubernetesTypes.Pods, new ResourceName("default", pod), CancellationToken.None))!.Metadata.Labels.GetValueOrDefault(LeaderLabel.Key);

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void Start() => _started.Cancel();

        public void StopApplication()
        {
        }

        public void Dispose() => _started.Dispose();
    }
}
