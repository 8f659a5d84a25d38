using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.ControlPlaneFiles.Facts;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>A directory that looks like the root of a kubeadm control-plane node, with real certificates and keys.</summary>
internal sealed class KubeadmNode : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Making an RSA key takes longer than most tests: one for each owner, the same on every node.
    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Keys = new(StringComparer.Ordinal);

    private readonly TemporaryDirectory _directory = new();

    public KubeadmNode()
    {
        using X509Certificate2 authority = Authority("etcd-ca", out RSA key);
        using (key)
        {
            Write("etc/kubernetes/pki/etcd/ca.crt", authority.ExportCertificatePem());
            foreach (string name in new[] { "etcd/server", "etcd/peer", "apiserver-etcd-client" })
            {
                Issue(name, authority, key);
            }
        }

        using RSA accounts = KeyOf("accounts");
        Write("etc/kubernetes/pki/sa.key", accounts.ExportPkcs8PrivateKeyPem());
        Write("etc/kubernetes/pki/sa.pub", accounts.ExportSubjectPublicKeyInfoPem());
        Write("etc/kubernetes/enc.yaml", Encryption("key1"));
        Write("etc/kubernetes/manifests/etcd.yaml", Pod("etcd",
            "--name=cp-1", "--data-dir=/var/lib/etcd", "--listen-client-urls=https://127.0.0.1:2379", "--initial-advertise-peer-urls=https://10.0.0.1:2380",
            "--cert-file=/etc/kubernetes/pki/etcd/server.crt", "--key-file=/etc/kubernetes/pki/etcd/server.key", "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
            "--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt", "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key", "--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt"));
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod("kube-apiserver",
            "--etcd-servers=https://127.0.0.1:2379", "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
            "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt", "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
            "--service-account-key-file=/etc/kubernetes/pki/sa.pub", "--service-account-signing-key-file=/etc/kubernetes/pki/sa.key",
            "--encryption-provider-config=/etc/kubernetes/enc.yaml", "--etcd-servers-overrides=/events#https://10.0.0.7:2379"));
    }

    public HostRoot Host => new(_directory.Path);

    public static string Encryption(string key) => $$"""
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
          - resources: [secrets]
            providers:
              - aescbc:
                  keys:
                    - {name: {{key}}, secret: {{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}}}
              - kms: {apiVersion: v2, name: vault, endpoint: unix:///kms.sock}
              - identity: {}
        """;

    public static string Pod(string name, params string[] flags) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: kube-system}
        spec:
          containers:
            - name: {{name}}
              command: [{{name}}, {{string.Join(", ", flags.Select(flag => $"\"{flag}\""))}}]
              volumeMounts:
                - {name: etc, mountPath: /etc/kubernetes}
                - {name: data, mountPath: /var/lib/etcd}
          volumes:
            - name: etc
              hostPath: {path: /etc/kubernetes}
            - name: data
              hostPath: {path: /var/lib/etcd}
        """;

    public ControlPlaneFacts Collect() => new FactCollector(new HostFiles(Host)).Collect();

    public void Write(string path, string text)
    {
        string file = Path.Combine(_directory.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public void Delete(string path) => File.Delete(Path.Combine(_directory.Path, path));

    /// <summary>Replaces a certificate by one of another authority, its key too.</summary>
    public void Reissue(string name)
    {
        using X509Certificate2 authority = Authority("another", out RSA key);
        using (key)
        {
            Issue(name, authority, key);
        }
    }

    public void Dispose() => _directory.Dispose();

    private static RSA KeyOf(string owner)
    {
        RSA key = RSA.Create();
        key.ImportRSAPrivateKey(Keys.GetOrAdd(owner, _ => new Lazy<byte[]>(NewKey)).Value, out _);
        return key;
    }

    private static byte[] NewKey()
    {
        using RSA key = RSA.Create(2048);
        return key.ExportRSAPrivateKey();
    }

    private static X509Certificate2 Authority(string name, out RSA key)
    {
        key = KeyOf(name);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Begin, Begin.AddYears(10));
    }

    private void Issue(string name, X509Certificate2 authority, RSA authorityKey)
    {
        using RSA key = KeyOf($"{authority.Subject} {name}");
        CertificateRequest request = new($"CN={Path.GetFileName(name)}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.Create(
            authority.SubjectName, X509SignatureGenerator.CreateForRSA(authorityKey, RSASignaturePadding.Pkcs1), Begin, Begin.AddYears(1), [1, 2, 3, (byte)name.Length]);
        Write($"etc/kubernetes/pki/{name}.crt", certificate.ExportCertificatePem());
        Write($"etc/kubernetes/pki/{name}.key", key.ExportRSAPrivateKeyPem());
    }
}
