using K8sBackup.Etcd.Discovery;

namespace K8sBackup.Kubernetes.Encryption;

/// <summary>Finds in an API server's static-pod manifest which file of the node is its encryption configuration.</summary>
public static class ApiServerManifest
{
    /// <summary>Where kubeadm puts the manifest, below the node's root.</summary>
    public const string Path = "etc/kubernetes/manifests/kube-apiserver.yaml";

    private const string Flag = "encryption-provider-config";

    /// <summary>The file's path on the node; null when the manifest names none, or is no manifest.</summary>
    public static string? EncryptionConfigurationPath(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        try
        {
            PodFlag? flag = StaticPodParser.Parse(yaml, Path).Flags.FirstOrDefault(each => each.Name == Flag && each.Value.StartsWith('/'));
            return flag is null ? null : flag.NodePath ?? flag.Value;
        }
        catch (StaticPodException)
        {
            return null;
        }
    }
}
