namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>A test with the real kubectl, and counted as skipped where there is none.</summary>
internal sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = Kubectl.MissingBecause;
}
