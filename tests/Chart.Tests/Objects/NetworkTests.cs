using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

public sealed class NetworkTests
{
    [HelmFact]
    public async Task Agents_AreCalledByNobodyAndCallTheCoordinatorAndNames()
    {
        RenderedChart chart = await RenderedChart.OfAsync("bucket");
        YamlNode policy = Policy(chart, "k8s-backup-agent-worker");

        Assert.Equal(["Ingress", "Egress"], policy.Texts("policyTypes"));
        Assert.Empty(policy.Items("ingress"));
        Assert.Equal(["53/UDP 53/TCP -> anybody", "grpc/TCP -> coordinator"], policy.Items("egress").Select(rule => Rule(rule, "to")));
    }

    [HelmFact]
    public async Task Coordinator_IsCalledOnTwoPortsAndCallsStoreAndApi()
    {
        YamlNode policy = Policy(await RenderedChart.OfAsync("bucket"), "k8s-backup-coordinator");

        Assert.Equal(["grpc/TCP -> anybody", "health/TCP -> anybody"], policy.Items("ingress").Select(rule => Rule(rule, "from")));
        Assert.Equal(
            ["53/UDP 53/TCP -> anybody", "9000/TCP -> anybody", "443/TCP 6443/TCP -> anybody"],
            policy.Items("egress").Select(rule => Rule(rule, "to")));
    }

    [HelmFact]
    public async Task Callers_WhenNamed_AreTheseAndTheAgents()
    {
        YamlNode policy = Policy(await RenderedChart.OfAsync("everything"), "rescue-coordinator");

        Assert.Equal("grpc/TCP -> agent-worker, 10.0.0.0/16, a namespace", Rule(policy.Items("ingress")[0], "from"));
        Assert.Equal(
            ["53/UDP 53/TCP -> a namespace", "443/TCP 8443/TCP -> 192.0.2.0/24", "443/TCP 6443/TCP -> 10.0.0.0/24"],
            policy.Items("egress").Select(rule => Rule(rule, "to")));
    }

    [HelmFact]
    public async Task AddressesOfTheCoordinatorElsewhere_OpenTheirPorts()
    {
        RenderedChart chart = await RenderedChart.OfAsync("secrets");

        Assert.Equal("9443/TCP 7443/TCP -> anybody", Rule(Policy(chart, "k8s-backup-agent-worker").Items("egress")[1], "to"));
        Assert.Equal("7480/TCP -> anybody", Rule(Policy(chart, "k8s-backup-coordinator").Items("egress")[1], "to"));
    }

    [HelmFact]
    public async Task Budget_KeepsTheOneThatLeadsAndNoOther()
    {
        KubeObject budget = (await RenderedChart.OfAsync("everything")).OfKind("PodDisruptionBudget").Single();

        Assert.Equal(("1", "AlwaysAllow"), (budget.Root.Text("spec/minAvailable"), budget.Root.Text("spec/unhealthyPodEvictionPolicy")));
        // Drains go on unless somebody asked for the opposite.
        Assert.Empty((await RenderedChart.OfAsync("bucket")).OfKind("PodDisruptionBudget"));
    }

    [HelmFact]
    public async Task Update_BringsANewReplicaBeforeAnOldOneGoes()
    {
        Assert.Equal("1", (await RenderedChart.OfAsync("bucket")).Coordinator.Root.Text("spec/strategy/rollingUpdate/maxSurge"));
        // A claim may not be mountable on two nodes.
        Assert.Equal("Recreate", (await RenderedChart.OfAsync("local")).Coordinator.Root.Text("spec/strategy/type"));
    }

    private static YamlNode Policy(RenderedChart chart, string name) => chart.OfKind("NetworkPolicy").Single(policy => policy.Name == name).Root.At("spec")!;

    private static string Rule(YamlNode rule, string side)
    {
        string ports = string.Join(' ', rule.Items("ports").Select(port => $"{port.Text("port")}/{port.Text("protocol")}"));
        IEnumerable<string> peers = rule.Items(side).Select(peer =>
            peer.Text("ipBlock/cidr") ?? (peer.At("podSelector") is { } pods ? pods.Map("matchLabels")["app.kubernetes.io/component"] : "a namespace"));
        return $"{ports} -> {string.Join(", ", peers.DefaultIfEmpty("anybody"))}";
    }
}
