using K8sBackup.TestKit.Processes;

namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>The Helms that <c>./dev test</c> unpacks; the suites of values are rendered by each.</summary>
internal sealed class Helm
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _program;

    private Helm(string major, string program)
    {
        Major = major;
        _program = program;
    }

    public static IReadOnlyList<Helm> All { get; } = [.. new[] { "3", "4" }
        .Select(major => new Helm(major, RepositoryTree.PathOf($"artifacts/tools/helm-{major}/helm")))
        .Where(helm => File.Exists(helm._program))];

    /// <summary>Why tests are left out; null when there is a Helm.</summary>
    public static string? MissingBecause => All.Count > 0 ? null : "There is no Helm below artifacts/tools; './dev test' says why.";

    public string Major { get; }

    public static Helm Of(string major) => All.Single(helm => helm.Major == major);

    /// <summary>Runs it without a cluster: nothing of this machine's configuration is used.</summary>
    public Task<ProcessResult> RunAsync(params string[] arguments) => ChildProcess.RunAsync(
        _program, arguments, Patience, new Dictionary<string, string?> { ["KUBECONFIG"] = "/dev/null", ["HELM_DEBUG"] = null, ["HELM_NAMESPACE"] = null });

    public Task<ProcessResult> TemplateAsync(string values, params string[] more) =>
        RunAsync(["template", RenderedChart.ReleaseName, RepositoryTree.Chart, "--namespace", RenderedChart.Namespace, "--include-crds", "--values", values, .. more]);
}
