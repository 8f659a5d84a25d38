using System.Text;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Integration.Tests;

/// <summary>A stand-in API server with our definitions, pods that are this machine, and a client that makes our objects and waits for what becomes of them.</summary>
internal sealed class KubeObjects : IAsyncDisposable
{
    public const string Namespace = "k8s-backup";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Func<string> _otherwise;

    private KubeObjects(FakeKubeServer server, string folder, Func<string> otherwise)
    {
        _otherwise = otherwise;
        Server = server;
        Kubeconfig = CoordinatorRights.Grant(server, Path.Combine(folder, "kube"));
        Client = new KubernetesClient(
            ClusterAccess.Read(server.WriteKubeconfig(Path.Combine(folder, "kube-admin"), Namespace), TimeProvider.System), new KubernetesClientOptions { RequestsPerSecond = 100 }, TimeProvider.System, new Random(1));
    }

    public FakeKubeServer Server { get; }

    public KubernetesClient Client { get; }

    /// <summary>The coordinator's, with the rights the chart gives it.</summary>
    public string Kubeconfig { get; }

    /// <param name="folder">Where kubeconfigs are written.</param>
    /// <param name="otherwise">What the processes say, for when something does not come.</param>
    /// <param name="exec">Plays the containers; null for this machine's own programs.</param>
    public static async Task<KubeObjects> StartAsync(string folder, Func<string> otherwise, Func<ExecCall, CancellationToken, Task<int>>? exec = null)
    {
        FakeKubeServer server = await FakeKubeServer.StartAsync(new FakeKubeOptions { Exec = exec ?? HostCommands.RunAsync });
        server.Seed($$$"""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "{{{Namespace}}}"}}""");
        foreach ((string plural, string kind) in (ReadOnlySpan<(string, string)>)[("backupplans", "BackupPlan"), ("backups", "Backup"), ("restores", "Restore")])
        {
            server.Seed($$$$"""
                {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "{{{{plural}}}}.k8sbackup.dev"},
                 "spec": {"group": "k8sbackup.dev", "scope": "Namespaced", "names": {"plural": "{{{{plural}}}}", "kind": "{{{{kind}}}}"},
                          "versions": [{"name": "v1alpha1", "served": true, "storage": true, "subresources": {"status": {}}}]}}
                """);
        }

        return new KubeObjects(server, folder, otherwise);
    }

    public static bool Is(IReadOnlyList<Condition> conditions, string type) => conditions.Any(c => c.Type == type && c.Status == "True");

    public Task<T> CreateAsync<T>(ResourceType<T> type, string name, string spec)
        where T : KubernetesObject => Client.CreateAsync(
            type, type.Read(Encoding.UTF8.GetBytes($$"""{"metadata": {"name": "{{name}}", "namespace": "{{Namespace}}"}, "spec": {{spec}}}""")), CancellationToken.None);

    /// <summary>Waits until an object is as wanted.</summary>
    public async Task<T> UntilAsync<T>(ResourceType<T> type, string name, Func<T, bool> isSo)
        where T : KubernetesObject
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            T item = await Client.GetAsync(type, new ResourceName(Namespace, name), CancellationToken.None);
            if (isSo(item))
            {
                return item;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"{Encoding.UTF8.GetString(type.Write(item))}\n{_otherwise()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Assert.Empty(Server.Refusals);
    }
}
