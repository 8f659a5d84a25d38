namespace K8sBackup.Agent.ControlPlaneFiles;

/// <summary>Where kubeadm and the usual packages put things, relative to the host root.</summary>
internal static class KubeadmLayout
{
    public const string Manifests = "etc/kubernetes/manifests";

    private const string Kubeadm = "kubeadm layout";

    /// <summary>
    /// Taken on every control-plane node. The cluster's kubeadm-config lives in etcd (ConfigMap kube-system/kubeadm-config)
    /// and so in every etcd snapshot; the file kubeadm was started with is taken when it still lies in its customary places.
    /// </summary>
    public static IReadOnlyList<ExpectedPath> Paths { get; } =
    [
        new("etc/kubernetes/pki", true, Kubeadm),
        new(Manifests, true, Kubeadm),
        new("var/lib/kubelet/config.yaml", true, "kubelet configuration"),
        new("var/lib/kubelet/kubeadm-flags.env", false, Kubeadm),
        new("var/lib/kubelet/pki", false, "kubelet certificates"),
        new("etc/kubernetes/kubeadm-config.yaml", false, Kubeadm),
        new("etc/kubernetes/kubeadm.yaml", false, Kubeadm),
        new("etc/kubernetes/encryption", false, "encryption configuration"),
        new("etc/kubernetes/enc", false, "encryption configuration"),
        new("etc/kubernetes/encryption-config.yaml", false, "encryption configuration"),
        new("etc/kubernetes/audit-policy.yaml", false, "audit policy"),
        new("etc/kubernetes/patches", false, Kubeadm),
        new("etc/default/kubelet", false, "kubelet service"),
        new("etc/sysconfig/kubelet", false, "kubelet service"),
        new("etc/systemd/system/kubelet.service", false, "kubelet service"),
        new("etc/systemd/system/kubelet.service.d", false, "kubelet service"),
        new("usr/lib/systemd/system/kubelet.service", false, "kubelet service"),
        new("usr/lib/systemd/system/kubelet.service.d", false, "kubelet service"),
        new("lib/systemd/system/kubelet.service", false, "kubelet service"),
        new("lib/systemd/system/kubelet.service.d", false, "kubelet service"),
    ];
}
