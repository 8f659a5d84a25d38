using System.Net;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.TestKit.Certificates;

namespace K8sBackup.TestKit.ControlPlane;

/// <summary>etcd's certificates on a node, where kubeadm puts them and with its names.</summary>
internal static class EtcdPki
{
    /// <summary>Below the node's root.</summary>
    public const string Folder = "etc/kubernetes/pki/etcd";

    /// <summary>Flags of an etcd that asks clients and peers for certificates.</summary>
    public static readonly IReadOnlyList<string> Flags =
    [
        "--client-cert-auth=true",
        $"--cert-file=/{Folder}/server.crt",
        $"--key-file=/{Folder}/server.key",
        $"--trusted-ca-file=/{Folder}/ca.crt",
        "--peer-client-cert-auth=true",
        $"--peer-cert-file=/{Folder}/peer.crt",
        $"--peer-key-file=/{Folder}/peer.key",
        $"--peer-trusted-ca-file=/{Folder}/ca.crt",
    ];

    public static void Write(TestCertificateAuthority authority, SimulatedNode node)
    {
        string folder = Directory.CreateDirectory(node.At(Folder)).FullName;
        authority.WriteCertificate(folder);
        foreach (string name in (string[])["server", "peer"])
        {
            Write(authority, folder, name, new TestCertificate
            {
                CommonName = node.Name,
                DnsNames = [node.Name, "localhost"],
                IpAddresses = [IPAddress.Loopback, IPAddress.Parse(node.Address)],
            });
        }

        Write(authority, folder, "healthcheck-client", new TestCertificate { CommonName = "kube-etcd-healthcheck-client", ServerAuthentication = false });
    }

    private static void Write(TestCertificateAuthority authority, string folder, string name, TestCertificate wanted)
    {
        using X509Certificate2 certificate = authority.Issue(wanted);
        TestCertificateAuthority.Write(certificate, folder, name);
    }
}
