using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using ControlPlaneFacts = K8sBackup.Model.Manifests.ControlPlaneFacts;
using EncryptionKeyName = K8sBackup.Model.Manifests.EncryptionKeyName;
using TrustFact = K8sBackup.Model.Manifests.TrustFact;

namespace K8sBackup.Agent.Tests.ControlPlaneFiles;

public sealed class FactCollectorTests : IDisposable
{
    private readonly KubeadmNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Collect_KubeadmNode_SaysWhatTheFilesSay()
    {
        ControlPlaneFacts facts = _node.Collect();

        Assert.Empty(facts.Problems);
        Assert.Equal("kubeadm", facts.Layout);
        Assert.Equal(("cp-1", "/var/lib/etcd", "https://10.0.0.1:2380"), (facts.Member!.Name, facts.Member.DataDir, Assert.Single(facts.Member.PeerUrls)));
        Assert.Equal(["/events#https://10.0.0.7:2379"], facts.EtcdOverrides);
        Assert.Equal(["etcd server", "etcd peer", "API server as client of etcd"], facts.Trust.Select(t => t.Purpose));
        Assert.All(facts.Trust, t => Assert.Equal(("", 64), (t.Problem, t.AuthorityFingerprint.Length)));
        Assert.Equal([facts.ServiceAccountSigner], facts.ServiceAccountKeys);
        Assert.Equal([new EncryptionKeyName("aescbc", "key1"), new EncryptionKeyName("kms", "vault")], facts.EncryptionKeys);
        Assert.Equal(4, facts.Certificates.Count);
        Assert.Contains(facts.Certificates, c => c.Path == "/etc/kubernetes/pki/etcd/peer.crt" && c.Subject == "CN=peer" && c.NotAfter.Year == 2027);
    }

    [Fact]
    public void Collect_CertificateOfAnotherAuthority_IsNamed()
    {
        _node.Reissue("etcd/peer");

        TrustFact peer = _node.Collect().Trust.Single(t => t.Purpose == "etcd peer");

        Assert.Equal("/etc/kubernetes/pki/etcd/peer.crt is not signed by /etc/kubernetes/pki/etcd/ca.crt", peer.Problem);
    }

    [Theory]
    [InlineData("etc/kubernetes/pki/etcd/server.key", "etcd server", "/etc/kubernetes/pki/etcd/server.key: ")]
    [InlineData("etc/kubernetes/pki/etcd/server.crt", "etcd server", "/etc/kubernetes/pki/etcd/server.crt: ")]
    [InlineData("etc/kubernetes/pki/etcd/ca.crt", "etcd peer", "/etc/kubernetes/pki/etcd/ca.crt: ")]
    public void Collect_FileMissing_IsNamed(string path, string purpose, string problem)
    {
        _node.Delete(path);

        Assert.StartsWith(problem, _node.Collect().Trust.Single(t => t.Purpose == purpose).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Collect_KeyOfAnotherCertificate_IsNamed()
    {
        _node.Write("etc/kubernetes/pki/etcd/server.key", File.ReadAllText(_node.Host.Resolve("etc/kubernetes/pki/sa.key")!));

        Assert.Equal(
            "/etc/kubernetes/pki/etcd/server.key is not the key of /etc/kubernetes/pki/etcd/server.crt",
            _node.Collect().Trust.Single(t => t.Purpose == "etcd server").Problem);
    }

    [Theory]
    [InlineData("etc/kubernetes/enc.yaml", "kind: Nothing")]
    [InlineData("etc/kubernetes/pki/sa.key", "no key")]
    [InlineData("etc/kubernetes/pki/sa.pub", "")]
    [InlineData("etc/kubernetes/manifests/etcd.yaml", "a: [b")]
    public void Collect_FileThatIsSomethingElse_IsAProblemAndTheRestGoesOn(string path, string text)
    {
        _node.Write(path, text);

        ControlPlaneFacts facts = _node.Collect();

        Assert.StartsWith("/" + path, Assert.Single(facts.Problems), StringComparison.Ordinal);
        Assert.NotEmpty(facts.Certificates);
        Assert.NotEmpty(facts.EtcdServers);
    }

    [Fact]
    public void Facts_HoldNoSecret()
    {
        string[] secrets =
        [
            .. new[] { "sa.key", "etcd/server.key", "etcd/peer.key" }.Select(name => File.ReadAllText(_node.Host.Resolve($"etc/kubernetes/pki/{name}")!).Split('\n')[2]),
            File.ReadAllText(_node.Host.Resolve("etc/kubernetes/enc.yaml")!).Split("secret: ")[1].Split('}')[0],
        ];

        string wire = Transport.Mapping.ControlPlaneMapping.ToWire(_node.Collect()).ToString();

        Assert.All(secrets, secret => Assert.DoesNotContain(secret, wire, StringComparison.Ordinal));
    }

    [Fact]
    public void Endpoint_ExternalEtcdOfTheApiServer_IsFoundByItsManifest()
    {
        _node.Delete("etc/kubernetes/manifests/etcd.yaml");
        _node.Write("etc/kubernetes/manifests/kube-apiserver.yaml", KubeadmNode.Pod("kube-apiserver",
            "--etcd-servers=https://10.1.1.1:2379,https://10.1.1.2:2379", "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
            "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt", "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key"));

        K8sBackup.Etcd.Client.EtcdEndpoint found = new EtcdLocator(_node.Host).Endpoint(new EtcdOptions());

        Assert.Equal(new Uri("https://10.1.1.1:2379"), found.Address);
        Assert.Equal(_node.Host.Resolve("etc/kubernetes/pki/apiserver-etcd-client.key"), found.KeyFile);
        Assert.Equal(("external etcd", 2), (_node.Collect().Layout, _node.Collect().EtcdServers.Count));
    }

    [Theory]
    [InlineData("rke2")]
    [InlineData("k3s")]
    public void RancherLayout_IsRecognisedAndTaken(string name)
    {
        _node.Delete("etc/kubernetes/manifests/etcd.yaml");
        foreach (string path in new[] { "tls/etcd/server-ca.crt", "cred/passwd", "token", "db/etcd/name" })
        {
            _node.Write($"var/lib/rancher/{name}/server/{path}", "x");
        }

        K8sBackup.Etcd.Client.EtcdEndpoint found = new EtcdLocator(_node.Host).Endpoint(new EtcdOptions());
        ControlPlaneInventory inventory = new ControlPlaneDiscovery(new HostFiles(_node.Host)).Discover([]);

        Assert.EndsWith($"var/lib/rancher/{name}/server/tls/etcd/client.crt", found.CertificateFile, StringComparison.Ordinal);
        Assert.Equal(name, _node.Collect().Layout);
        Assert.Contains($"var/lib/rancher/{name}/server/token", inventory.Paths);
        Assert.DoesNotContain(inventory.Paths, path => path.EndsWith("db/etcd", StringComparison.Ordinal));
    }

    [Fact]
    public void Endpoint_K3sOnSqlite_IsRefusedByName()
    {
        _node.Delete("etc/kubernetes/manifests/etcd.yaml");
        _node.Write("var/lib/rancher/k3s/server/db/state.db", "x");

        BackupException error = Assert.Throws<BackupException>(() => new EtcdLocator(_node.Host).Endpoint(new EtcdOptions()));

        Assert.Equal(FailureCause.SourceMissing, error.Failure.Cause);
        Assert.Contains("SQLite", error.Failure.Message, StringComparison.Ordinal);
    }
}
