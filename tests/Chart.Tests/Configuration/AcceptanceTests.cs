using K8sBackup.Agent.Hosting;
using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.TestKit;

namespace K8sBackup.Chart.Tests.Configuration;

/// <summary>The rendered configuration files are read by the programs' own parsers.</summary>
public sealed class AcceptanceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Coordinator_AcceptsItsConfiguration(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        CoordinatorOptions options = OptionsFile.Read(Write("coordinator.yaml", chart.File(chart.Coordinator.Name, "coordinator.yaml")));

        Assert.Equal(7443, options.Listen.Port);
        Assert.NotNull(options.Kubernetes);
        Assert.Equal(set is "local" or "pods" or "pods-reading", options.Store.S3 is null);
    }

    [HelmTheory]
    [MemberData(nameof(ValueSets.All), MemberType = typeof(ValueSets))]
    public async Task Agents_AcceptTheirConfiguration(string set)
    {
        RenderedChart chart = await RenderedChart.OfAsync(set);

        foreach (KubeObject agents in chart.Agents)
        {
            List<string> faults = [];
            OptionValues values = OptionFile.Read(Write($"{agents.Name}.yaml", chart.File(agents.Name, "agent.yaml")), faults);
            AgentOptions? options = new OptionCheck(faults).Check(values, "cp-1");

            Assert.Empty(faults);
            Assert.Equal("/host", options!.HostRoot);
            // Off by itself, or with all restores.
            Assert.Equal(set is not ("control-plane" or "local" or "pods-reading"), options.RestoreIntoVolumes);
        }
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, text);
        return path;
    }
}
