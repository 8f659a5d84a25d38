namespace K8sBackup.Coordinator.Volumes;

/// <summary>CSI drivers whose volumes show Secrets of a vault.</summary>
internal static class SecretDrivers
{
    private static readonly string[] Names = ["secrets-store.csi.k8s.io"];

    public static bool Has(string driver) => Names.Contains(driver, StringComparer.Ordinal);
}
