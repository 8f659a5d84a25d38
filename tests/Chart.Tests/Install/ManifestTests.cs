using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.Chart.Tests.Schema;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Install;

public sealed class ManifestTests
{
    private static readonly string _folder = RepositoryTree.PathOf("eng/install/kubernetes");

    [HelmFact]
    public async Task Manifests_AreThoseOfTheChart()
    {
        using TemporaryDirectory directory = new();
        ProcessResult result = await ChildProcess.RunAsync(
            RepositoryTree.PathOf("dev"), ["manifests"], TimeSpan.FromMinutes(2), new Dictionary<string, string?> { ["K8SBACKUP_MANIFESTS"] = directory.Path });

        Assert.True(result.ExitCode == 0, result.StandardError);
        string[] names = [.. Names(directory.Path)];
        Assert.True(names.SequenceEqual(Names(_folder)), "The chart has changed: ./dev manifests writes eng/install/kubernetes anew.");
        Assert.All(names, name => Assert.True(
            File.ReadAllText(Path.Combine(directory.Path, name)) == File.ReadAllText(Path.Combine(_folder, name)),
            $"{name} is not what the chart says: ./dev manifests writes it anew."));
    }

    [Fact]
    public void Manifests_HaveOnlyFieldsThatKubernetesHas()
    {
        KubernetesSchema schema = KubernetesSchema.Read();
        KubeObject[] objects = [.. Names(_folder).SelectMany(name => Yaml.Documents(File.ReadAllText(Path.Combine(_folder, name)))).Select(root => new KubeObject(root))];

        Assert.NotEmpty(objects);
        Assert.Empty(objects.SelectMany(schema.Faults));
        // kubectl takes files by name, and nothing can be put into a namespace that is not there.
        Assert.Equal("Namespace", objects[0].Kind);
        Assert.All(objects, each => Assert.DoesNotContain(each.Root.Map("metadata/labels"), label => label.Key.Contains("helm", StringComparison.Ordinal) || label.Value == "Helm"));
    }

    private static IEnumerable<string> Names(string folder) => Directory.GetFiles(folder, "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
}
