using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Serving;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// Two coordinators of one cluster as processes, on one store, against a stand-in API server: the second waits, takes over when the first is
/// stopped and when it is killed, and the agent, which enrolled by its service account's token, finds whoever leads.
/// </summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private const string Token = "header.of-the-worker.signature";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ClusterFixture _fixture = new();
    private readonly HttpClient _probe = new();
    private FakeKubeServer _kube = null!;
    private string _sections = "";

    private LocalCluster Cluster => _fixture.Cluster;

    public async Task InitializeAsync()
    {
        _kube = await FakeKubeServer.StartAsync(new FakeKubeOptions());
        string kubeconfig = CoordinatorRights.Grant(_kube, Path.Combine(_fixture.Folder, "kube"));
        _sections = $"kubernetes: {{kubeconfig: {kubeconfig}, home: files}}\nhealth: {{listen: \"127.0.0.1:0\"}}\n";
        _kube.Seed("""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "k8s-backup"}, "status": {"phase": "Active"}}""");
        _kube.Seed("""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"}}""");
        string uid = (string)_kube.Seed("""
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent", "namespace": "k8s-backup"}, "spec": {"nodeName": "worker-1"}, "status": {"phase": "Running"}}
            """)["metadata"]!["uid"]!;
        _kube.AddToken(Token, new KnownToken
        {
            Username = "system:serviceaccount:k8s-backup:k8s-backup-agent-worker",
            Audiences = ["k8s-backup"],
            Extra = new Dictionary<string, IReadOnlyList<string>>
            {
                ["authentication.kubernetes.io/pod-name"] = ["agent"],
                ["authentication.kubernetes.io/pod-uid"] = [uid],
                ["authentication.kubernetes.io/node-name"] = ["worker-1"],
            },
            BoundPod = $"k8s-backup/agent/{uid}",
        });
        await Cluster.InitAsync();
        await File.AppendAllTextAsync(Path.Combine(Cluster.State, "coordinator.yaml"), _sections);
        await Cluster.StartCoordinatorAsync();
    }

    public async Task DisposeAsync()
    {
        _probe.Dispose();
        await _fixture.DisposeAsync();
        await _kube.DisposeAsync();
        Assert.Empty(_kube.Refusals);
    }

    [Fact]
    public async Task Leader_StoppedAndKilled_TheOtherGoesOn()
    {
        // The address is written a moment before everything has started.
        await WaitUntilReadyAsync(Cluster.State, Cluster.Coordinator);
        Assert.Equal(((200, "ok\n"), (200, "ok\n")), (await AskAsync(Cluster.State, "livez"), await AskAsync(Cluster.State, "readyz")));
        string otherState = Path.Combine(_fixture.Folder, "other");
        (string otherConfig, Uri otherAddress) = ConfigureOther(otherState);
        await using ChildProcess other = ChildProcess.Start(Programs.Coordinator, ["--config", otherConfig], Cluster.Variables);
        await other.WaitForLineAsync(line => line.Contains("Waiting to lead", StringComparison.Ordinal), Patience);
        Assert.Equal((200, "ok\n"), await AskAsync(otherState, "livez"));
        await Cluster.WaitForAsync(async () => await AskAsync(otherState, "readyz") == (200, "another leads; waiting to take over\n"), () => other.Output, () => other.HasEnded);

        Directory.CreateDirectory(_fixture.Layout.Volume);
        _fixture.AddFile("data", 300_000);
        await using ChildProcess agent = await StartAgentAsync(otherAddress);
        await Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        await _fixture.AddVolumePlanAsync();
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        string metrics = (await AskAsync(Cluster.State, "metrics")).Text;
        Assert.Contains("\nk8sbackup_leader 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nk8sbackup_agents_connected 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nk8sbackup_runs_total{plan=\"volume\",outcome=\"completed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nk8sbackup_leader 0\n", (await AskAsync(otherState, "metrics")).Text, StringComparison.Ordinal);

        // An orderly stop: the lease is given back, and the other begins without waiting for it to run out.
        Uri first = Cluster.Address;
        ChildProcess leader = Cluster.Coordinator;
        leader.Terminate();
        Assert.Equal(0, await leader.WaitForExitAsync(Patience));
        Assert.Contains("is given back", leader.Output, StringComparison.Ordinal);
        await WaitUntilReadyAsync(otherState, other);
        await RunByAsync(otherAddress, first, agent, other);

        // The first comes back as a follower, and then the leader is killed: the lease runs out.
        await using ChildProcess again = ChildProcess.Start(Programs.Coordinator, ["--config", Path.Combine(Cluster.State, "coordinator.yaml")], Cluster.Variables);
        await again.WaitForLineAsync(line => line.Contains("Waiting to lead", StringComparison.Ordinal), Patience);
        other.Kill();
        await other.WaitForExitAsync(Patience);
        await WaitUntilReadyAsync(Cluster.State, again);
        // The agent found nobody for so long that it would try again in a minute only; one that starts tries at once, with the identity it has.
        agent.Kill();
        await agent.WaitForExitAsync(Patience);
        await using ChildProcess agentAgain = await StartAgentAsync(otherAddress);
        await WaitForAgentAsync(Cluster.Variables, agentAgain, again);
        _fixture.AssertCompleted(await _fixture.RunPlanAsync("volume"));
        Assert.Equal(3, await _fixture.CountPointsAsync());
        await _fixture.AssertSoundAsync();
        Assert.DoesNotContain(Token, leader.Output + other.Output + agent.Output + agentAgain.Output + again.Output, StringComparison.Ordinal);
    }

    private (string Config, Uri Address) ConfigureOther(string state)
    {
        int port = FreePort.Take();
        Directory.CreateDirectory(state);
        string config = Path.Combine(state, "coordinator.yaml");
        string text = File.ReadAllText(Path.Combine(Cluster.State, "coordinator.yaml"));
        string key = text.Split('\n').Single(line => line.StartsWith("keyFile:", StringComparison.Ordinal))["keyFile:".Length..].Trim();
        File.WriteAllText(config, $"""
            cluster: demo
            listen: "127.0.0.1:{port}"
            hosts: []
            state: .
            plans: {Cluster.Plans}
            store: {"{"}local: {Cluster.Store}{"}"}
            keyFile: {Path.Combine(Cluster.State, key)}
            {_sections}
            """);
        return (config, new Uri($"https://127.0.0.1:{port}"));
    }

    private async Task<ChildProcess> StartAgentAsync(Uri other)
    {
        string folder = Path.Combine(_fixture.Folder, "agent");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), Token);
        // What the kubelet would mount of the ConfigMap.
        File.Copy(Path.Combine(Cluster.State, "ca", "ca.crt"), Path.Combine(folder, "ca.crt"), overwrite: true);
        string config = Path.Combine(folder, "agent.yaml");
        await File.WriteAllTextAsync(config, $"""
            coordinators: ["{Cluster.Address.GetLeftPart(UriPartial.Authority)}", "{other.GetLeftPart(UriPartial.Authority)}"]
            node: $NODE_NAME
            serviceAccountTokenFile: {folder}/token
            authorityFile: {folder}/ca.crt
            stateDir: {folder}/state
            hostRoot: {_fixture.Layout.HostRootOf(ClusterFixture.WorkerNode)}

            """.Replace("$NODE_NAME", "${NODE_NAME}", StringComparison.Ordinal));
        Dictionary<string, string?> variables = new(Cluster.Variables) { ["NODE_NAME"] = ClusterFixture.WorkerNode };
        return ChildProcess.Start(Programs.Agent, ["--config", config], variables);
    }

    /// <summary>A run by the other coordinator, whom the operator addresses like the first: it has the same authority.</summary>
    private async Task RunByAsync(Uri address, Uri first, ChildProcess agent, ChildProcess coordinator)
    {
        string config = Path.Combine(Path.GetDirectoryName(Cluster.ClientConfig)!, "other.yaml");
        string text = await File.ReadAllTextAsync(Cluster.ClientConfig);
        await File.WriteAllTextAsync(config, text.Replace(first.Authority, address.Authority, StringComparison.Ordinal));
        Dictionary<string, string?> variables = new(Cluster.Variables) { ["K8SBACKUP_CONFIG"] = config };
        await WaitForAgentAsync(variables, agent, coordinator);
        ProcessResult run = await InnerCli.RunAsync(["plan", "run", "volume", "--watch", "--output", "json"], variables, CancellationToken.None);
        Assert.True(run.ExitCode == 0, $"{run.StandardOutput}{run.StandardError}\n{agent.Output}\n{coordinator.Output}");
    }

    private Task WaitForAgentAsync(IReadOnlyDictionary<string, string?> variables, ChildProcess agent, ChildProcess coordinator) => Cluster.WaitForAsync(
        async () => (await InnerCli.RunAsync(["nodes", "--output", "json"], variables, CancellationToken.None)) is { ExitCode: 0 } nodes
            && JsonDocument.Parse(nodes.StandardOutput).RootElement.EnumerateArray().Any(node => node.GetProperty("connected").GetBoolean()),
        () => $"The agent does not find the coordinator:\n{agent.Output}\n{coordinator.Output}",
        patience: Patience);

    private async Task<(int Status, string Text)> AskAsync(string state, string path)
    {
        string address = (await File.ReadAllTextAsync(Path.Combine(state, "health-address"))).Trim();
        using HttpResponseMessage answer = await _probe.GetAsync(new Uri($"http://{address}/{path}"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task WaitUntilReadyAsync(string state, ChildProcess process)
    {
        await process.WaitForLineAsync(line => line.Contains("listens on", StringComparison.Ordinal), Patience);
        await Cluster.WaitForAsync(async () => await AskAsync(state, "readyz") == (200, "ok\n"), () => $"Not ready:\n{process.Output}", () => process.HasEnded);
    }
}
