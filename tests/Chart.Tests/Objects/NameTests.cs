using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Coordinator.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>Names, labels, and that what one object says of another is true.</summary>
public sealed class NameTests
{
    private static readonly string[] _clusterWide = ["Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "CustomResourceDefinition"];

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Names_AreUniqueAndBeginWithThatOfTheInstallation(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        KubeObject[] own = [.. chart.Objects.Where(each => each.Kind is not ("Namespace" or "CustomResourceDefinition"))];

        Assert.Equal(own.Length, own.Select(each => each.ToString()).Distinct().Count());
        Assert.All(own, each => Assert.StartsWith(chart.Prefix, each.Name, StringComparison.Ordinal));
        Assert.All(chart.Objects, each => Assert.Equal(_clusterWide.Contains(each.Kind) ? null : RenderedChart.Namespace, each.Namespace));
        // Two installations may share a cluster, so what is cluster-wide names the namespace.
        Assert.All(own.Where(each => _clusterWide.Contains(each.Kind)), each => Assert.EndsWith($"-{RenderedChart.Namespace}", each.Name, StringComparison.Ordinal));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Labels_AreThoseOfTheConvention(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        Assert.All(chart.Objects.Where(each => each.Kind != "CustomResourceDefinition"), each => Assert.Superset(
            new HashSet<string>(["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app.kubernetes.io/version", "app.kubernetes.io/managed-by"]),
            new HashSet<string>(each.Root.Map("metadata/labels").Keys)));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Selectors_FitTheirPodsOnlyAndNameNoVersion(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject workload in chart.Workloads)
        {
            IReadOnlyDictionary<string, string> selector = workload.Root.Map("spec/selector/matchLabels");
            Assert.Equal(["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"], selector.Keys);
            Assert.Equal([workload.Name], Selected(chart, selector));
        }

        string[] kinds = ["NetworkPolicy", "PodDisruptionBudget"];
        foreach (KubeObject each in chart.Objects.Where(each => kinds.Contains(each.Kind)))
        {
            YamlNode selector = (each.Root.At("spec/podSelector") ?? each.Root.At("spec/selector"))!;
            Assert.Equal([each.Name], Selected(chart, WithoutLeader(selector.Map("matchLabels"))));
        }

        Assert.All(chart.OfKind("Service"), service => Assert.Equal([service.Name], Selected(chart, WithoutLeader(service.Root.Map("spec/selector")))));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task WhatPodsMount_IsThereAndEverythingThereIsMounted(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject workload in chart.Workloads)
        {
            string[] volumes = [.. workload.Pod.Items("volumes").Select(volume => volume.Text("name")!)];
            string[] mounts = [.. workload.Containers.SelectMany(container => container.Items("volumeMounts")).Select(mount => mount.Text("name")!)];
            Assert.Equal(volumes.Order(StringComparer.Ordinal), mounts.Order(StringComparer.Ordinal));
            string[] places = [.. workload.Containers.SelectMany(container => container.Items("volumeMounts")).Select(mount => mount.Text("mountPath")!)];
            Assert.Equal(places.Length, places.Distinct().Count());

            string own = workload.Pod.Items("volumes").Single(volume => volume.Text("name") == "config").Text("configMap/name")!;
            Assert.Contains(chart.OfKind("ConfigMap"), map => map.Name == own);
            Assert.Contains(chart.OfKind("ServiceAccount"), account => account.Name == workload.Pod.Text("serviceAccountName"));
            Assert.All(
                workload.Pod.Text("priorityClassName") is { } priority && !priority.StartsWith("system-", StringComparison.Ordinal) ? [priority] : Array.Empty<string>(),
                name => Assert.Contains(chart.OfKind("PriorityClass"), each => each.Name == name));
        }
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task PortsByName_AreThoseOfTheCoordinator(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        YamlNode container = chart.Coordinator.Containers.Single();
        string[] ports = [.. container.Items("ports").Select(port => port.Text("name")!)];
        string[] probes = ["startupProbe", "livenessProbe", "readinessProbe"];

        Assert.All(probes, probe => Assert.Contains(container.Text($"{probe}/httpGet/port"), ports));
        Assert.All(chart.OfKind("Service").SelectMany(service => service.Root.Items("spec/ports")), port => Assert.Contains(port.Text("targetPort"), ports));
        string[] served = [.. chart.OfKind("Service").SelectMany(service => service.Root.Items("spec/ports")).Select(port => port.Text("name")!)];
        Assert.All(chart.OfKind("ServiceMonitor").SelectMany(monitor => monitor.Root.Items("spec/endpoints")), endpoint => Assert.Contains(endpoint.Text("port"), served));
    }

    [HelmFact]
    public async Task Nodes_HaveOneAgentEach()
    {
        RenderedChart chart = await RenderedChart.OfAsync("bucket");
        string[][] terms = [.. chart.Agents.OrderBy(agents => agents.Name, StringComparer.Ordinal).Select(agents => Terms(agents))];

        // A node with either label, and a node with neither.
        Assert.Equal(["node-role.kubernetes.io/control-plane Exists", "node-role.kubernetes.io/master Exists"], terms[0]);
        Assert.Equal(["node-role.kubernetes.io/control-plane DoesNotExist + node-role.kubernetes.io/master DoesNotExist"], terms[1]);
    }

    /// <summary>Followers are ready and serve nobody.</summary>
    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Service_LeadsToTheReplicaThatSaysItLeads(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        string lease = chart.Coordinator.Name;

        Assert.Equal(lease, chart.OfKind("Service").Single().Root.Map("spec/selector")[LeaderLabel.Key]);
        Assert.All(chart.OfKind("PodDisruptionBudget"), budget => Assert.Equal(lease, budget.Root.Map("spec/selector/matchLabels")[LeaderLabel.Key]));
        YamlNode pod = chart.Coordinator.Containers.Single().Items("env").Single(variable => variable.Text("name") == "POD_NAME");
        Assert.Equal("metadata.name", pod.Text("valueFrom/fieldRef/fieldPath"));
        Assert.DoesNotContain(LeaderLabel.Key, chart.Coordinator.Root.Map("spec/template/metadata/labels").Keys);
        Assert.Contains($"  lease: {lease}", chart.Text, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> WithoutLeader(IReadOnlyDictionary<string, string> selector) =>
        selector.Where(pair => pair.Key != LeaderLabel.Key).ToDictionary();

    private static string[] Terms(KubeObject agents) => [.. agents.Pod
        .Items("affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")
        .Select(term => string.Join(" + ", term.Items("matchExpressions").Select(expression => $"{expression.Text("key")} {expression.Text("operator")}")))];

    private static IEnumerable<string> Selected(RenderedChart chart, IReadOnlyDictionary<string, string> selector) => chart.Workloads
        .Where(workload => selector.All(pair => workload.Root.Map("spec/template/metadata/labels").GetValueOrDefault(pair.Key) == pair.Value))
        .Select(workload => workload.Name);
}
