using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>How the kubelet calls the plugins whose fields in the API have other names: its directories do, too.</summary>
internal static class InTreePlugins
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["awsElasticBlockStore"] = "kubernetes.io/aws-ebs",
        ["azureDisk"] = "kubernetes.io/azure-disk",
        ["azureFile"] = "kubernetes.io/azure-file",
        ["gcePersistentDisk"] = "kubernetes.io/gce-pd",
        ["gitRepo"] = "kubernetes.io/git-repo",
        ["photonPersistentDisk"] = "kubernetes.io/photon-pd",
        ["portworxVolume"] = "kubernetes.io/portworx-volume",
        ["vsphereVolume"] = "kubernetes.io/vsphere-volume",
    };

    /// <summary>The plugin's name for the kubelet; that of a flex volume is its driver.</summary>
    public static string DirectoryOf(InTreeVolumes volume) =>
        volume.FlexVolume is { Driver.Length: > 0 } flex ? flex.Driver
        : Names.TryGetValue(volume.InTreePlugin, out string? name) ? name
        : "kubernetes.io/" + volume.InTreePlugin.ToLowerInvariant();
}
