using K8sBackup.Chart.Tests.Rendering;

namespace K8sBackup.Chart.Tests.Objects;

/// <summary>A test against a real API server, and counted as skipped where none is named.</summary>
internal sealed class ClusterTheoryAttribute : TheoryAttribute
{
    public ClusterTheoryAttribute() => Skip = Helm.MissingBecause ?? (Kubeconfig is null ? "E2E_KUBECONFIG names no cluster." : null);

    /// <summary>True when such tests run.</summary>
    public static bool IsThere => Helm.MissingBecause is null && Kubeconfig is not null;

    public static string? Kubeconfig { get; } = Environment.GetEnvironmentVariable("E2E_KUBECONFIG");
}
