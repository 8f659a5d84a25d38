namespace K8sBackup.Agent.ControlPlaneFiles.Facts;

/// <summary>The ways control planes are laid out that are recognised, and where each keeps what facts are read from.</summary>
internal static class Layouts
{
    public const string Kubeadm = "kubeadm";
    public const string External = "external etcd";
    public const string Rke2 = "rke2";
    public const string K3s = "k3s";
    public const string Unknown = "unknown";

    /// <summary>Where kubelets look for static pods.</summary>
    public static IReadOnlyList<string> ManifestDirectories { get; } = [KubeadmLayout.Manifests, "var/lib/rancher/rke2/agent/pod-manifests"];

    /// <summary>Below these lie certificates.</summary>
    public static IReadOnlyList<string> CertificateDirectories { get; } =
        ["etc/kubernetes", "var/lib/kubelet/pki", "var/lib/rancher/rke2/server/tls", "var/lib/rancher/k3s/server/tls"];

    /// <summary>Where distributions keep an encryption configuration that no manifest names.</summary>
    public static IReadOnlyList<string> EncryptionConfigurations { get; } =
        ["/var/lib/rancher/rke2/server/cred/encryption-config.json", "/var/lib/rancher/k3s/server/cred/encryption-config.json"];

    public static string Of(HostFiles host, NodePods pods) =>
        host.Exists("var/lib/rancher/rke2/server") ? Rke2
        : host.Exists("var/lib/rancher/k3s/server") ? K3s
        : pods.Etcd is not null ? Kubeadm
        : pods.ApiServer is not null ? External
        : Unknown;
}
