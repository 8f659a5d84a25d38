using System.Security.Cryptography.X509Certificates;
using K8sBackup.TestKit.Certificates;

namespace K8sBackup.Demo.ControlPlane;

/// <summary>
/// The file system of a control-plane node as kubeadm leaves it, under a directory: PKI, static-pod manifests,
/// kubeconfigs, kubelet and encryption configuration, and room for etcd's data. The certificates are real; etcd uses them.
/// </summary>
internal sealed class HostRoot : IDisposable
{
    /// <summary>A line that stands in for the encryption key; it must be found nowhere outside this directory.</summary>
    public const string EncryptionSecret = "Q0FOQVJZLWVuY3J5cHRpb24ta2V5LW9mLWRlbW8tMTI=";

    private const string PkiOwnerMode = "600";

    private readonly TestCertificateAuthority _etcdAuthority = TestCertificateAuthority.Create("etcd-ca");
    private readonly TestCertificateAuthority _clusterAuthority = TestCertificateAuthority.Create("kubernetes-ca");

    private HostRoot(string root) => Root = root;

    public string Root { get; }

    public string Pki => At("etc/kubernetes/pki");

    public string EtcdPki => At("etc/kubernetes/pki/etcd");

    /// <summary>etcd's data directory, as this machine sees it.</summary>
    public string EtcdData => At("var/lib/etcd");

    /// <summary>Lays the files out. etcd's ports go into its manifest.</summary>
    public static HostRoot Create(string root, string node, int clientPort, int peerPort)
    {
        HostRoot host = new(root);
        foreach (string directory in (string[])["etc/kubernetes/pki/etcd", "etc/kubernetes/manifests", "etc/kubernetes/encryption", "var/lib/kubelet", "var/lib/etcd"])
        {
            Directory.CreateDirectory(host.At(directory));
        }

        File.SetUnixFileMode(host.EtcdData, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        host.WritePki(node);
        Manifests.Write(host.At("etc/kubernetes/manifests"), node, clientPort, peerPort);
        host.WriteConfiguration(node);
        return host;
    }

    /// <summary>The client certificate with which etcd is filled and compared.</summary>
    public X509Certificate2 LoadClientCertificate() =>
        X509Certificate2.CreateFromPemFile(Path.Combine(EtcdPki, "healthcheck-client.crt"), Path.Combine(EtcdPki, "healthcheck-client.key"));

    public X509ChainPolicy EtcdTrust() => _etcdAuthority.ChainPolicy();

    public void Dispose()
    {
        _etcdAuthority.Dispose();
        _clusterAuthority.Dispose();
    }

    private void WritePki(string node)
    {
        _etcdAuthority.WriteCertificate(EtcdPki);
        _clusterAuthority.WriteCertificate(Pki);
        foreach (string name in (string[])["server", "peer"])
        {
            using X509Certificate2 server = _etcdAuthority.IssueServer(node, node);
            TestCertificateAuthority.Write(server, EtcdPki, name);
        }

        using X509Certificate2 health = _etcdAuthority.IssueClient("kube-etcd-healthcheck-client");
        TestCertificateAuthority.Write(health, EtcdPki, "healthcheck-client");
        using X509Certificate2 apiServerEtcd = _etcdAuthority.IssueClient("kube-apiserver-etcd-client");
        TestCertificateAuthority.Write(apiServerEtcd, Pki, "apiserver-etcd-client");
        using X509Certificate2 apiServer = _clusterAuthority.IssueServer("kube-apiserver", "kubernetes", "kubernetes.default");
        TestCertificateAuthority.Write(apiServer, Pki, "apiserver");
        using X509Certificate2 kubelet = _clusterAuthority.IssueClient("kube-apiserver-kubelet-client");
        TestCertificateAuthority.Write(kubelet, Pki, "apiserver-kubelet-client");
        File.WriteAllText(Path.Combine(Pki, "sa.key"), "-----BEGIN PRIVATE KEY-----\ndemo\n-----END PRIVATE KEY-----\n");
        File.WriteAllText(Path.Combine(Pki, "sa.pub"), "-----BEGIN PUBLIC KEY-----\ndemo\n-----END PUBLIC KEY-----\n");
        foreach (string key in Directory.EnumerateFiles(Pki, "*.key", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(key, (UnixFileMode)Convert.ToInt32(PkiOwnerMode, 8));
        }
    }

    private void WriteConfiguration(string node)
    {
        foreach (string name in (string[])["admin", "controller-manager", "scheduler", "kubelet", "super-admin"])
        {
            File.WriteAllText(
                At($"etc/kubernetes/{name}.conf"),
                $"apiVersion: v1\nkind: Config\ncurrent-context: {name}@kubernetes\nclusters:\n- name: kubernetes\n  cluster:\n    server: https://{node}:6443\n");
        }

        File.WriteAllText(
            At("etc/kubernetes/encryption/config.yaml"),
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n"
            + $"  - aescbc:\n      keys:\n      - name: key1\n        secret: {EncryptionSecret}\n  - identity: {{}}\n");
        File.WriteAllText(
            At("etc/kubernetes/kubeadm-config.yaml"),
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nclusterName: demo\netcd:\n  local:\n    dataDir: /var/lib/etcd\n");
        File.WriteAllText(
            At("var/lib/kubelet/config.yaml"),
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\n");
        File.WriteAllText(At("var/lib/kubelet/kubeadm-flags.env"), "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock\"\n");
    }

    private string At(string relative) => Path.Combine(Root, relative);
}
