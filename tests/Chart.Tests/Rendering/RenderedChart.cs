using System.Collections.Concurrent;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>What a Helm makes of a set of values. Each is rendered once.</summary>
internal sealed class RenderedChart
{
    public const string ReleaseName = "nightly";
    public const string Namespace = "backups";

    private static readonly ConcurrentDictionary<(string Set, string Major), Lazy<Task<RenderedChart>>> _made = new();

    private RenderedChart(string text)
    {
        Text = text;
        Objects = [.. Yaml.Documents(text).Select(root => new KubeObject(root))];
    }

    public string Text { get; }

    public IReadOnlyList<KubeObject> Objects { get; }

    public IEnumerable<KubeObject> Workloads => Objects.Where(each => each.IsWorkload);

    public IEnumerable<KubeObject> Agents => Objects.Where(each => each.IsAgents);

    public KubeObject Coordinator => Objects.Single(each => each.Kind == "Deployment");

    /// <summary>The beginning of names: the coordinator's is in every installation.</summary>
    public string Prefix => Coordinator.Name[..^"-coordinator".Length];

    public static Task<RenderedChart> OfAsync(string set) => OfAsync(set, Helm.All[^1].Major);

    public static Task<RenderedChart> OfAsync(string set, string major) =>
        _made.GetOrAdd((set, major), key => new Lazy<Task<RenderedChart>>(() => RenderAsync(key.Set, Helm.Of(key.Major)))).Value;

    public IEnumerable<KubeObject> OfKind(string kind) => Objects.Where(each => each.Kind == kind);

    /// <summary>A file in a ConfigMap.</summary>
    public string File(string configMap, string name) => OfKind("ConfigMap").Single(map => map.Name == configMap).Root.Map("data")[name];

    private static async Task<RenderedChart> RenderAsync(string set, Helm helm)
    {
        ProcessResult result = await helm.TemplateAsync(ValueSets.PathOf(set));
        return result.ExitCode == 0 ? new RenderedChart(result.StandardOutput) : throw new InvalidOperationException($"{set}: {result.StandardError}");
    }
}
