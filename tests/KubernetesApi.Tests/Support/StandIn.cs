using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.TestKit;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>A stand-in server of one test, and clients of it.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<KubernetesClient> _clients = [];

    private StandIn(FakeKubeServer server)
    {
        Server = server;
        Kubeconfig = server.WriteKubeconfig(_directory.Path);
    }

    public FakeKubeServer Server { get; }

    public string Kubeconfig { get; }

    public string Directory => _directory.Path;

    public static async Task<StandIn> StartAsync(FakeKubeOptions? options = null) => new(await FakeKubeServer.StartAsync(options ?? new FakeKubeOptions()));

    /// <summary>A client with pauses so short that they need not be waited for.</summary>
    public KubernetesClient Client(TimeProvider? clock = null, KubernetesClientOptions? options = null)
    {
        KubernetesClientOptions quick = options ?? new KubernetesClientOptions
        {
            RequestsPerSecond = 1000,
            Burst = 1000,
            BackoffMin = TimeSpan.FromMilliseconds(1),
            BackoffMax = TimeSpan.FromMilliseconds(10),
        };
        KubernetesClient client = new(ClusterAccess.Read(Kubeconfig, TimeProvider.System), quick, clock ?? TimeProvider.System, new Random(1));
        _clients.Add(client);
        return client;
    }

    public static ConfigMap Map(string name, params (string Key, string Value)[] data) => new()
    {
        Metadata = new ObjectMeta { Namespace = "default", Name = name },
        Data = data.ToDictionary(entry => entry.Key, entry => entry.Value),
    };

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Server.DisposeAsync();
        _directory.Dispose();
    }
}
