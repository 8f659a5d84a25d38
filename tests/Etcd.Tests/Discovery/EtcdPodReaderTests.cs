using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Discovery;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Discovery;

public sealed class EtcdPodReaderTests
{
    private const string Kubeadm = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: etcd
          namespace: kube-system
        spec:
          containers:
          - command:
            - etcd
            - --advertise-client-urls=https://10.0.0.5:2379
            - --cert-file=/etc/kubernetes/pki/etcd/server.crt
            - --client-cert-auth=true
            - --data-dir=/var/lib/etcd
            - --initial-advertise-peer-urls=https://10.0.0.5:2380
            - --initial-cluster=cp1=https://10.0.0.5:2380
            - --key-file=/etc/kubernetes/pki/etcd/server.key
            - --listen-client-urls=https://10.0.0.5:2379,https://127.0.0.1:2379
            - --listen-metrics-urls=http://127.0.0.1:2381
            - --name=cp1
            - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
            image: registry.k8s.io/etcd:3.5.21-0
            name: etcd
            volumeMounts:
            - mountPath: /var/lib/etcd
              name: etcd-data
            - mountPath: /etc/kubernetes/pki/etcd
              name: etcd-certs
          hostNetwork: true
          volumes:
          - hostPath:
              path: /etc/kubernetes/pki/etcd
              type: DirectoryOrCreate
            name: etcd-certs
          - hostPath:
              path: /var/lib/etcd
              type: DirectoryOrCreate
            name: etcd-data
        """;

    [Fact]
    public void Resolve_KubeadmManifest_GivesTheSetup()
    {
        var pod = EtcdPodReader.Parse(Kubeadm, "etcd.yaml");

        var setup = pod.Resolve("/host");

        Assert.Equal("cp1", setup.Name);
        Assert.Equal("/host/var/lib/etcd", setup.DataDirectory);
        Assert.Null(setup.WalDirectory);
        Assert.Equal(["https://10.0.0.5:2380"], setup.PeerUrls);
        Assert.Equal(new Uri("https://127.0.0.1:2379"), setup.Endpoint.Address);
        Assert.Equal("/host/etc/kubernetes/pki/etcd/ca.crt", setup.Endpoint.AuthorityFile);
        Assert.Equal("/host/etc/kubernetes/pki/etcd/server.crt", setup.Endpoint.CertificateFile);
        Assert.Equal("/host/etc/kubernetes/pki/etcd/server.key", setup.Endpoint.KeyFile);
        Assert.Null(setup.Owner);
        Assert.Equal(new EtcdVersion(3, 5), setup.ImageVersion);
        Assert.Equal("/var/lib/etcd", pod.Resolve("/").DataDirectory);
    }

    [Fact]
    public void Resolve_HealthCheckPairBesideTheAuthority_IsPreferred()
    {
        using var temp = new TemporaryDirectory();
        var pki = Directory.CreateDirectory(temp["etc/kubernetes/pki/etcd"]).FullName;
        File.WriteAllText(Path.Combine(pki, "healthcheck-client.crt"), "");
        File.WriteAllText(Path.Combine(pki, "healthcheck-client.key"), "");

        var setup = EtcdPodReader.Parse(Kubeadm, "etcd.yaml").Resolve(temp.Path);

        Assert.Equal(Path.Combine(pki, "healthcheck-client.crt"), setup.Endpoint.CertificateFile);
        Assert.Equal(Path.Combine(pki, "healthcheck-client.key"), setup.Endpoint.KeyFile);
    }

    [Fact]
    public void Resolve_OtherMountsWalDirectoryAndUser_AreMapped()
    {
        var setup = EtcdPodReader.Parse(
            """
            kind: Pod
            spec:
              securityContext: {runAsUser: 999, runAsGroup: 998}
              containers:
              - name: sidecar
                command: [sleep, infinity]
              - name: db
                image: quay.io/coreos/etcd:v3.6.4@sha256:abc
                command: [/usr/local/bin/etcd, --name, m7, -data-dir, /data/etcd]
                args: [--wal-dir, /wal, --listen-client-urls, "http://0.0.0.0:4001"]
                env:
                - {name: ETCD_INITIAL_ADVERTISE_PEER_URLS, value: "http://a:2380,http://b:2380"}
                - {name: ETCD_NAME, value: not-this}
                securityContext: {runAsUser: 1000}
                volumeMounts:
                - {name: disk, mountPath: /data}
                - {name: disk, mountPath: /wal, subPath: fast/wal}
              volumes:
              - name: disk
                hostPath: {path: /mnt/disk1/}
            """,
            "etcd.yaml").Resolve("/");

        Assert.Equal("m7", setup.Name);
        Assert.Equal("/mnt/disk1/etcd", setup.DataDirectory);
        Assert.Equal("/mnt/disk1/fast/wal", setup.WalDirectory);
        Assert.Equal(["http://a:2380", "http://b:2380"], setup.PeerUrls);
        Assert.Equal(new Uri("http://127.0.0.1:4001"), setup.Endpoint.Address);
        Assert.Equal(new FileOwner(1000, 998), setup.Owner);
        Assert.Equal(new EtcdVersion(3, 6), setup.ImageVersion);
    }

    [Theory]
    [InlineData("", "not one Pod")]
    [InlineData(":\t- [", "not YAML")]
    [InlineData("kind: Deployment", "not one Pod")]
    [InlineData("- a\n- b", "not one Pod")]
    [InlineData("kind: Pod\n---\nkind: Pod", "not one Pod")]
    [InlineData("kind: Pod", "no spec")]
    [InlineData("{kind: Pod, spec: {containers: [{name: x, command: [sleep]}]}}", "no container runs etcd")]
    [InlineData("{kind: Pod, spec: {containers: [{name: etcd, command: [sh, -c, 'exec etcd --name x']}]}}", "no container runs etcd")]
    [InlineData("{kind: Pod, spec: {containers: [{command: [etcd, --config-file=/x]}]}}", "--config-file")]
    [InlineData("{kind: Pod, spec: {containers: [{command: [etcd], securityContext: {runAsUser: -4}}]}}", "runAsUser")]
    [InlineData("{kind: [a], spec: {containers: 3}}", "not one Pod")]
    public void Parse_BadManifest_NamesFileAndReason(string yaml, string reason)
    {
        var error = Assert.Throws<StaticPodException>(() => EtcdPodReader.Parse(yaml, "/x/etcd.yaml"));

        Assert.Equal("/x/etcd.yaml", error.File);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[etcd]", "--data-dir")]
    [InlineData("[etcd, --data-dir=/var/lib/etcd]", "not on a host path")]
    [InlineData("[etcd, --data-dir=/data2/etcd]", "not on a host path")]
    [InlineData("[etcd, --data-dir=/data/etcd, --listen-client-urls=nonsense]", "not a client URL")]
    [InlineData("[etcd, --data-dir=/data/etcd, '--listen-client-urls=https://127.0.0.1:2379']", "--trusted-ca-file")]
    public void Resolve_SomethingMissing_NamesIt(string command, string reason)
    {
        var yaml = """
            kind: Pod
            spec:
              containers:
              - command: COMMAND
                volumeMounts: [{name: d, mountPath: /data}]
              volumes: [{name: d, hostPath: {path: /mnt}}]
            """.Replace("COMMAND", command, StringComparison.Ordinal);

        var error = Assert.Throws<StaticPodException>(() => EtcdPodReader.Parse(yaml, "etcd.yaml").Resolve("/"));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFile_Huge_IsRefused()
    {
        using var temp = new TemporaryDirectory();
        File.WriteAllBytes(temp["etcd.yaml"], new byte[3 << 20]);

        Assert.Throws<StaticPodException>(() => EtcdPodReader.ReadFile(temp["etcd.yaml"]));
    }
}
