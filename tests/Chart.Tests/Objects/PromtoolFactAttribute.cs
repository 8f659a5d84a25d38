using K8sBackup.Chart.Tests.Rendering;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>A test that needs Helm and promtool, and is counted as skipped where one is missing.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute() => Skip = Helm.MissingBecause ?? (File.Exists(Program) ? null : "There is no promtool below artifacts/tools; './dev test' says why.");

    public static string Program { get; } = RepositoryTree.PathOf("artifacts/tools/promtool/promtool");
}
