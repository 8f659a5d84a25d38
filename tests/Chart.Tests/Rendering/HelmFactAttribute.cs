namespace K8sBackup.Chart.Tests.Rendering;

/// <summary>A test that needs Helm, and is counted as skipped where there is none.</summary>
internal sealed class HelmFactAttribute : FactAttribute
{
    public HelmFactAttribute() => Skip = Helm.MissingBecause;
}
