using K8sBackup.Demo.Cluster;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.TestKit.Kubelet;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// A cluster as it is installed, without its containers: a stand-in API server with pods, claims and volumes, a coordinator whose home is
/// there, and two workers with what a kubelet would have mounted, whose agents enrol by the token of their service account.
/// </summary>
public sealed class PodVolumeFixture : IAsyncLifetime
{
    public const string First = "worker-1";
    public const string Second = "worker-2";

    private readonly ClusterFixture _fixture = new();
    private readonly Dictionary<string, ChildProcess> _agents = [];
    private readonly Dictionary<string, KubeletTree> _kubelets = [];

    internal LocalCluster Cluster => _fixture.Cluster;

    internal KubeObjects Kube { get; private set; } = null!;

    internal ShopScene Scene { get; private set; } = null!;

    /// <summary>Plays the containers of pods: this machine's own programs, unless a test takes their place.</summary>
    internal Func<ExecCall, CancellationToken, Task<int>> Exec { get; set; } = HostCommands.RunAsync;

    internal KubeletTree Kubelet(string node) => _kubelets[node];

    internal ChildProcess Agent(string node) => _agents[node];

    /// <summary>A path of a node as this machine sees it.</summary>
    internal string On(string node, string path) => _fixture.Layout.HostRootOf(node) + path;

    public async Task InitializeAsync()
    {
        Kube = await KubeObjects.StartAsync(_fixture.Folder, () => $"{Cluster.CoordinatorOutput}\n{string.Join('\n', _agents.Values.Select(agent => agent.Output))}", (call, end) => Exec(call, end));
        foreach (string node in (string[])[First, Second])
        {
            Kube.Server.Seed($$$"""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "{{{node}}}"}}""");
            _kubelets.Add(node, new KubeletTree(On(node, "/var/lib/kubelet")));
        }

        Kube.Server.Seed("""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}""");
        await Cluster.InitAsync();
        await File.AppendAllTextAsync(Path.Combine(Cluster.State, "coordinator.yaml"), $"\nkubernetes: {{kubeconfig: {Kube.Kubeconfig}, home: resources}}\n");
        await Cluster.StartCoordinatorAsync();
        await StartAgentAsync(First);
        await StartAgentAsync(Second);
        Scene = await ShopScene.SeedAsync(this);
    }

    public async Task DisposeAsync()
    {
        foreach (ChildProcess agent in _agents.Values)
        {
            await agent.DisposeAsync();
        }

        foreach (KubeletTree kubelet in _kubelets.Values)
        {
            await kubelet.DisposeAsync();
        }

        await _fixture.DisposeAsync();
        await Kube.DisposeAsync();
    }

    public Task AssertSoundAsync() => _fixture.AssertSoundAsync();

    /// <summary>Kills the agent of a node, as the end of the node would.</summary>
    public async Task KillAgentAsync(string node)
    {
        _agents[node].Kill();
        await _agents[node].DisposeAsync();
        _agents.Remove(node);
        await Cluster.WaitForNodeAsync(node, connected: false);
    }

    /// <summary>Kills the coordinator that leads and starts the next one, which finds its lease run out.</summary>
    public async Task ReplaceLeaderAsync()
    {
        await Cluster.KillCoordinatorAsync();
        await Kube.Client.DeleteAsync(KubernetesTypes.Leases, new ResourceName(KubeObjects.Namespace, "k8s-backup-coordinator"), DeleteOptions.Anything, CancellationToken.None);
        await Cluster.StartCoordinatorAsync();
    }

    public Task<int> CountPointsAsync() => _fixture.CountPointsAsync();

    /// <summary>A claim bound to a volume of a driver; gives the volume's name and handle.</summary>
    internal (string Volume, string Handle) SeedClaim(string name, string modes = "ReadWriteOnce", string volumeMode = "Filesystem")
    {
        string claim = Uid($$$$"""
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "{{{{name}}}}", "namespace": "shop"}, "status": {"phase": "Bound"},
             "spec": {"volumeName": "pv-{{{{name}}}}", "storageClassName": "standard", "accessModes": ["{{{{modes}}}}"], "volumeMode": "{{{{volumeMode}}}}", "resources": {"requests": {"storage": "1Gi"} } } }
            """);
        Kube.Server.Seed($$$$"""
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-{{{{name}}}}"}, "status": {"phase": "Bound"},
             "spec": {"claimRef": {"namespace": "shop", "name": "{{{{name}}}}", "uid": "{{{{claim}}}}"}, "storageClassName": "standard", "accessModes": ["{{{{modes}}}}"],
                      "csi": {"driver": "csi.example", "volumeHandle": "handle-{{{{name}}}}"} } }
            """);
        return ($"pv-{name}", $"handle-{name}");
    }

    /// <summary>A running pod with these volumes; gives its UID.</summary>
    internal string SeedPod(string name, string node, string volumes, string mounts = "[]", string annotations = "{}") => Uid($$$$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{{{name}}}}", "namespace": "shop", "annotations": {{{{annotations}}}} }, "status": {"phase": "Running"},
         "spec": {"nodeName": "{{{{node}}}}", "volumes": {{{{volumes}}}}, "containers": [{"name": "main", "image": "example", "volumeMounts": {{{{mounts}}}} }]}}
        """);

    internal async Task StartAgentAsync(string node)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_fixture.Folder, "agents", node)).FullName;
        string token = SeedToken(node);
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), token);

        // What the kubelet mounts of the ConfigMap the coordinator keeps.
        ConfigMap authority = await Kube.Client.GetAsync(KubernetesTypes.ConfigMaps, new ResourceName(KubeObjects.Namespace, "k8s-backup-ca"), CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), authority.Data["ca.crt"]);
        string config = Path.Combine(folder, "agent.yaml");
        await File.WriteAllTextAsync(config, $$"""
            coordinators: ["{{Cluster.Address.GetLeftPart(UriPartial.Authority)}}"]
            node: ${NODE_NAME}
            serviceAccountTokenFile: {{folder}}/token
            authorityFile: {{folder}}/ca.crt
            stateDir: {{folder}}/state
            hostRoot: {{_fixture.Layout.HostRootOf(node)}}
            volumeRoots: [/srv/shared]
            restoreRoots: [/srv/recovered]

            """);
        _agents[node] = ChildProcess.Start(Programs.Agent, ["--config", config], new Dictionary<string, string?>(Cluster.Variables) { ["NODE_NAME"] = node });
        await Cluster.WaitForNodeAsync(node, connected: true);
    }

    /// <summary>A token as the API server gives it to the agent's pod on that node.</summary>
    private string SeedToken(string node)
    {
        string token = $"header.of-{node}.signature";
        string uid = Uid($$$$"""
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent-{{{{node}}}}", "namespace": "{{{{KubeObjects.Namespace}}}}"}, "spec": {"nodeName": "{{{{node}}}}"}, "status": {"phase": "Running"}}
            """);
        Kube.Server.AddToken(token, new KnownToken
        {
            Username = $"system:serviceaccount:{KubeObjects.Namespace}:k8s-backup-agent-worker",
            Audiences = ["k8s-backup"],
            Extra = new Dictionary<string, IReadOnlyList<string>>
            {
                ["authentication.kubernetes.io/pod-name"] = [$"agent-{node}"],
                ["authentication.kubernetes.io/pod-uid"] = [uid],
                ["authentication.kubernetes.io/node-name"] = [node],
            },
            BoundPod = $"{KubeObjects.Namespace}/agent-{node}/{uid}",
        });
        return token;
    }

    private string Uid(string json) => (string)Kube.Server.Seed(json)["metadata"]!["uid"]!;
}
