using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.TestKit;

namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>The stand-in, and a real server when E2E_KUBECONFIG names one. Namespaces made there are deleted again.</summary>
public sealed class ApiServers : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, ApiUnderTest> _servers = [];
    private FakeKubeServer? _standIn;

    public static string RealKubeconfig => Environment.GetEnvironmentVariable("E2E_KUBECONFIG") ?? "";

    /// <summary>Names of the servers there are, for theories.</summary>
    public static TheoryData<string> Names => RealKubeconfig.Length > 0 ? ["stand-in", "real"] : ["stand-in"];

    public ApiUnderTest this[string name] => _servers[name];

    public async Task InitializeAsync()
    {
        _standIn = await FakeKubeServer.StartAsync(new FakeKubeOptions { Exec = HostCommands.RunAsync });
        await AddAsync("stand-in", _standIn.WriteKubeconfig(_directory.Path));
        _servers["stand-in"] = _servers["stand-in"] with { StandIn = _standIn };
        if (RealKubeconfig.Length > 0)
        {
            await AddAsync("real", RealKubeconfig);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (ApiUnderTest server in _servers.Values)
        {
            await server.Client.DeleteAsync(KubernetesTypes.Namespaces, ResourceName.OfCluster(server.Namespace), DeleteOptions.Anything, CancellationToken.None);
            server.Client.Dispose();
        }

        await _standIn!.DisposeAsync();
        _directory.Dispose();
    }

    private async Task AddAsync(string name, string kubeconfig)
    {
        KubernetesClientOptions options = new() { RequestsPerSecond = 500, Burst = 500 };
        KubernetesClient client = new(ClusterAccess.Read(kubeconfig, TimeProvider.System), options, TimeProvider.System, new Random(1));
        Namespace made = await client.CreateAsync(
            KubernetesTypes.Namespaces, new Namespace { Metadata = new ObjectMeta { GenerateName = "k8sbackup-test-" } }, CancellationToken.None);
        _servers[name] = new ApiUnderTest(client, made.Metadata.Name);
    }
}
