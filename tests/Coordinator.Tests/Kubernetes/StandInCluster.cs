using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Kubernetes;

/// <summary>A stand-in API server, a client for it, and a directory with the kubeconfig.</summary>
internal sealed class StandInCluster : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private StandInCluster(FakeKubeServer server)
    {
        Server = server;
        Client = new KubernetesClient(
            ClusterAccess.Read(server.WriteKubeconfig(_directory.Path), TimeProvider.System), new KubernetesClientOptions(), TimeProvider.System, new Random(1));
    }

    public FakeKubeServer Server { get; }

    public KubernetesClient Client { get; }

    public string Directory => _directory.Path;

    public static async Task<StandInCluster> StartAsync() => new(await FakeKubeServer.StartAsync(new FakeKubeOptions()));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        _directory.Dispose();
    }
}
