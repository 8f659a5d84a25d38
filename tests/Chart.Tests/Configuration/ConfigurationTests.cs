using K8sBackup.Chart.Tests.Rendering;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Configuration;

/// <summary>What the rendered configuration files name is what the rendered objects are.</summary>
public sealed class ConfigurationTests
{
    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Coordinator_IsToldTheNamesOfTheObjects(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        YamlNode settings = Yaml.Documents(chart.File(chart.Coordinator.Name, "coordinator.yaml")).Single();
        YamlNode role = chart.OfKind("Role").Single().Root;

        Assert.Equal(RenderedChart.Namespace, settings.Text("kubernetes/namespace"));
        Assert.Equal([settings.Text("kubernetes/lease")!], Named(role, "leases"));
        Assert.Equal([settings.Text("kubernetes/authoritySecret")!], Named(role, "secrets"));
        string[] accounts = [.. chart.OfKind("ServiceAccount").Select(account => account.Name)];
        foreach (string kind in (string[])["control-plane", "worker"])
        {
            string account = settings.Text($"kubernetes/enrolment/{(kind == "worker" ? kind : "controlPlane")}ServiceAccount")!;
            Assert.Contains(account, accounts);
            Assert.All(chart.Agents.Where(agents => agents.Name.EndsWith(kind, StringComparison.Ordinal)), agents => Assert.Equal(account, agents.Pod.Text("serviceAccountName")));
        }

        YamlNode[] sources = [.. chart.Agents.SelectMany(agents => agents.Pod.Items("volumes")).SelectMany(volume => volume.Items("projected/sources"))];
        Assert.All(sources.Where(source => source.At("configMap") is not null), source => Assert.Equal(settings.Text("kubernetes/caConfigMap"), source.Text("configMap/name")));
        Assert.All(sources.Where(source => source.At("configMap") is null), source => Assert.Equal(settings.Text("kubernetes/enrolment/audience"), source.Text("serviceAccountToken/audience")));
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Coordinator_IsToldPathsThatAreMountedAndPortsThatAreOpen(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        YamlNode settings = Yaml.Documents(chart.File(chart.Coordinator.Name, "coordinator.yaml")).Single();
        YamlNode container = chart.Coordinator.Containers.Single();
        string[] mounts = [.. container.Items("volumeMounts").Select(mount => mount.Text("mountPath")!)];

        string?[] paths = [
            settings.Text("state"), settings.Text("plans"), settings.Text("keyFile"), settings.Text("store/local"), settings.Text("store/s3/caFile"),
            settings.Text("store/s3/credentials/file"), container.Texts("args")[^1]];
        Assert.All(paths.OfType<string>(), path => Assert.Contains(mounts, mount => path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal)));
        foreach ((string name, string setting) in ((string, string)[])[("grpc", "listen"), ("health", "health/listen")])
        {
            Assert.EndsWith($":{container.Items("ports").Single(port => port.Text("name") == name).Text("containerPort")}", settings.Text(setting), StringComparison.Ordinal);
        }
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Agents_AreToldPathsThatAreMountedAndAHostTheCertificateHas(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);
        YamlNode coordinator = Yaml.Documents(chart.File(chart.Coordinator.Name, "coordinator.yaml")).Single();

        foreach (KubeObject agents in chart.Agents)
        {
            YamlNode settings = Yaml.Documents(chart.File(agents.Name, "agent.yaml")).Single();
            string[] mounts = [.. agents.Containers.Single().Items("volumeMounts").Select(mount => mount.Text("mountPath")!)];
            IEnumerable<string> paths =
            [
                settings.Text("stateDir")!, settings.Text("serviceAccountTokenFile")!, settings.Text("authorityFile")!,
                .. settings.Texts("volumeRoots").Concat(settings.Texts("restoreRoots")).Append(settings.Text("kubeletRoot")!).Select(path => settings.Text("hostRoot") + path),
            ];
            Assert.All(paths, path => Assert.Contains(mounts, mount => path == mount || path.StartsWith(mount + "/", StringComparison.Ordinal)));
            Assert.Equal(agents.Name.EndsWith("-control-plane", StringComparison.Ordinal) ? "control-plane" : "worker", settings.Text("role"));
            Assert.Equal(["--config", "/etc/k8sbackup/agent.yaml", "--node", "$(NODE_NAME)"], agents.Containers.Single().Texts("args"));
            Assert.Equal("spec.nodeName", agents.Containers.Single().Items("env").Single(variable => variable.Text("name") == "NODE_NAME").Text("valueFrom/fieldRef/fieldPath"));
            if (set != "secrets")
            {
                Uri address = new(Assert.Single(settings.Texts("coordinators")));
                Assert.Contains(address.Host, coordinator.Texts("hosts"));
                Assert.Equal(chart.OfKind("Service").Single().Root.Items("spec/ports")[0].Text("port"), $"{address.Port}");
            }
        }
    }

    private static IEnumerable<string> Named(YamlNode role, string resource) =>
        role.Items("rules").Where(rule => rule.Texts("resources").Contains(resource)).SelectMany(rule => rule.Texts("resourceNames"));
}
