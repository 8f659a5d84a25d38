using System.Text.RegularExpressions;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>What is scraped is what the coordinator serves, and alerts ask for nothing else.</summary>
public sealed partial class MonitoringTests
{
    [HelmFact]
    public async Task Monitor_ScrapesThePathAndPortTheCoordinatorServes()
    {
        RenderedChart chart = await RenderedChart.OfAsync("everything");
        YamlNode endpoint = Assert.Single(Assert.Single(chart.OfKind("ServiceMonitor")).Root.Items("spec/endpoints"));
        Assert.Equal(HealthServer.MetricsPath, endpoint.Text("path"));
        KubeObject service = Assert.Single(chart.OfKind("Service"), each => Selects(chart.OfKind("ServiceMonitor").Single(), "spec/selector/matchLabels", each.Root.Map("metadata/labels")));

        // From the Service's port to the container's, and to where its configuration says it listens.
        YamlNode port = Assert.Single(service.Root.Items("spec/ports"), each => each.Text("name") == endpoint.Text("port"));
        YamlNode container = Assert.Single(chart.Coordinator.Containers.Single().Items("ports"), each => each.Text("name") == port.Text("targetPort"));
        string configuration = chart.File(chart.Coordinator.Name, "coordinator.yaml");
        Assert.Matches($"health:.*:{container.Text("containerPort")}\"", configuration.ReplaceLineEndings(" "));

        // The pod that leads is the one that is scraped.
        Dictionary<string, string> leader = new(chart.Coordinator.Root.Map("spec/template/metadata/labels")) { [LeaderLabel.Key] = chart.Coordinator.Name };
        Assert.True(Selects(service, "spec/selector", leader));
    }

    [HelmFact]
    public async Task Rules_AskForMetricsThereAre_AndAreThoseOfTheDocuments()
    {
        RenderedChart chart = await RenderedChart.OfAsync("everything");
        YamlNode[] rules = [.. Assert.Single(chart.OfKind("PrometheusRule")).Root.Items("spec/groups").SelectMany(group => group.Items("rules"))];
        string document = await File.ReadAllTextAsync(RepositoryTree.PathOf("docs/operations/monitoring.md"));

        Assert.Equal(AlertRow().Matches(document).Select(match => match.Groups[1].Value), rules.Select(rule => rule.Text("alert")));
        Assert.All(rules, rule =>
        {
            MatchCollection names = MetricName().Matches(rule.Text("expr")!);
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.Contains($"| `{name.Value}`", document, StringComparison.Ordinal));
            Assert.Contains($"{{namespace=\"{RenderedChart.Namespace}\"}}", rule.Text("expr"), StringComparison.Ordinal);
        });
        Assert.EndsWith("> 7200", rules[0].Text("expr"), StringComparison.Ordinal);
        Assert.Equal("Plan {{ $labels.plan }} has no good backup of {{ $labels.kind }} that is young enough.", rules[0].Text("annotations/summary"));
    }

    [HelmFact]
    public async Task Monitoring_NotAskedFor_IsNotThere()
    {
        RenderedChart chart = await RenderedChart.OfAsync("bucket");

        Assert.DoesNotContain(chart.Objects, each => each.ApiVersion.StartsWith("monitoring.coreos.com/", StringComparison.Ordinal));
        Assert.Single(chart.OfKind("Service").Single().Root.Items("spec/ports"));
    }

    private static bool Selects(KubeObject selecting, string selector, IReadOnlyDictionary<string, string> labels) =>
        selecting.Root.Map(selector) is { Count: > 0 } wanted && wanted.All(pair => labels.GetValueOrDefault(pair.Key) == pair.Value);

    [GeneratedRegex("k8sbackup_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"^\| `(K8sBackup[A-Za-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();
}
