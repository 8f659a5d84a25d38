using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Hosting;
using K8sBackup.TestKit;

namespace K8sBackup.Agent.Tests.ControlPlaneFiles;

public sealed class ControlPlaneDiscoveryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ControlPlaneDiscoveryTests()
    {
        Write("etc/kubernetes/pki/ca.crt", "certificate");
        Write("etc/kubernetes/admin.conf", "kubeconfig");
        Write("etc/kubernetes/kubelet.conf", "kubeconfig");
        Write("etc/kubernetes/encryption/config.yaml", "encryption");
        Write("var/lib/kubelet/config.yaml", "kubelet");
        Write("var/lib/etcd/member/snap/db", "never");
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod(
            ["--encryption-provider-config=/etc/kubernetes/encryption/config.yaml", "--client-ca-file", "/etc/kubernetes/pki/ca.crt", "--audit-log-path=/var/log/audit.log"],
            [("etc-kubernetes", "/etc/kubernetes", "/etc/kubernetes", "Directory")]));
        Write("etc/kubernetes/manifests/etcd.yaml", Pod(
            ["--data-dir=/var/lib/etcd", "--trusted-ca-file=/etc/kubernetes/pki/ca.crt"],
            [("data", "/var/lib/etcd", "/var/lib/etcd", "DirectoryOrCreate"), ("pki", "/etc/kubernetes/pki", "/etc/kubernetes/pki", "Directory")]));
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Discover_StackedKubeadm_FindsEverythingAndMissesNothing()
    {
        ControlPlaneInventory inventory = Discover();

        Assert.Empty(inventory.Missing);
        Assert.Contains("etc/kubernetes", inventory.Paths);
        Assert.Contains("var/lib/kubelet/config.yaml", inventory.Paths);
        Assert.DoesNotContain(inventory.Paths, path => path.StartsWith("var/lib/etcd", StringComparison.Ordinal) || path is "var" or "var/lib");
    }

    [Fact]
    public void Discover_FlagNamesFileElsewhere_TakesItFromWhereTheNodeHasIt()
    {
        Write("srv/secrets/enc.yaml", "encryption");
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod(
            ["--encryption-provider-config=/mounted/enc.yaml"], [("secrets", "/srv/secrets", "/mounted", "Directory")]));

        ControlPlaneInventory inventory = Discover();

        Assert.Contains("srv/secrets/enc.yaml", inventory.Paths);
        Assert.Empty(inventory.Missing);
    }

    [Theory]
    [InlineData("--audit-policy-file=/etc/kubernetes/audit.yaml", "/etc/kubernetes/audit.yaml: not there (--audit-policy-file in kube-apiserver.yaml)")]
    [InlineData("--tls-cert-file=/in/image/tls.crt", "/in/image/tls.crt: --tls-cert-file in kube-apiserver.yaml")]
    public void Discover_FlagNamesMissingFile_ReportsIt(string flag, string report)
    {
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod([flag], [("etc", "/etc/kubernetes", "/etc/kubernetes", "Directory")]));

        Assert.Contains(Discover().Missing, line => line.StartsWith(report, StringComparison.Ordinal));
    }

    [Fact]
    public void Discover_RequiredDefaultsMissing_ReportsEachOnce()
    {
        Directory.Delete(At("var/lib/kubelet"), true);
        Directory.Delete(At("etc/kubernetes/pki"), true);
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod([], []));
        Write("etc/kubernetes/manifests/etcd.yaml", Pod([], []));

        Assert.Equal(
            ["/etc/kubernetes/pki: not there (kubeadm layout)", "/var/lib/kubelet/config.yaml: not there (kubelet configuration)"],
            Discover().Missing);
    }

    [Theory]
    [InlineData("not: [yaml")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\n")]
    [InlineData("")]
    public void Discover_MalformedManifest_IsReportedAndTheRestGoesOn(string text)
    {
        Write("etc/kubernetes/manifests/broken.yaml", text);

        ControlPlaneInventory inventory = Discover();

        Assert.Contains(inventory.Missing, line => line.StartsWith("/etc/kubernetes/manifests/broken.yaml: ", StringComparison.Ordinal));
        Assert.Contains("etc/kubernetes", inventory.Paths);
    }

    [Fact]
    public void Discover_ExtraPathMissing_IsReported()
    {
        Assert.Equal(["/etc/extra: not there (the plan)"], Discover("/etc/extra").Missing);
    }

    [Fact]
    public void Discover_DirectoryBehindLink_TakesLinkAndTarget()
    {
        Directory.CreateDirectory(At("data"));
        Directory.Move(At("etc/kubernetes/pki"), At("data/pki"));
        Directory.CreateSymbolicLink(At("etc/kubernetes/pki"), "/data/pki");
        Write("etc/kubernetes/manifests/kube-apiserver.yaml", Pod([], []));
        Write("etc/kubernetes/manifests/etcd.yaml", Pod([], []));

        ControlPlaneInventory inventory = Discover();

        Assert.Contains("etc/kubernetes/pki", inventory.Paths);
        Assert.Contains("data/pki", inventory.Paths);
    }

    [Fact]
    public void Included_PathOnTheWayAndBelow_AreSeenOthersNot()
    {
        IncludedPaths included = new(["etc/kubernetes/pki", "var/lib/kubelet/config.yaml"]);

        Assert.All(["etc", "etc/kubernetes", "etc/kubernetes/pki", "etc/kubernetes/pki/etcd/ca.crt", "var/lib/kubelet/config.yaml"], path => Assert.True(Sees(path)));
        Assert.All(["etc/passwd", "var/lib/etcd", "etc/kubernetes/pki2", "var/lib/kubelet/pods"], path => Assert.False(Sees(path)));

        bool Sees(string path) => included.Contains(System.Text.Encoding.UTF8.GetBytes(path));
    }

    private static string Pod(string[] flags, (string Name, string HostPath, string MountPath, string Type)[] volumes)
    {
        string command = string.Concat(flags.Select(flag => $"    - {flag}\n"));
        string mounts = string.Concat(volumes.Select(volume => $"    - mountPath: {volume.MountPath}\n      name: {volume.Name}\n"));
        string hostPaths = string.Concat(volumes.Select(volume => $"  - hostPath:\n      path: {volume.HostPath}\n      type: {volume.Type}\n    name: {volume.Name}\n"));
        return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    command:\n    - program\n" + command
            + (volumes.Length == 0 ? "" : "    volumeMounts:\n" + mounts + "  volumes:\n" + hostPaths);
    }

    private ControlPlaneInventory Discover(params string[] extra) => new ControlPlaneDiscovery(new HostFiles(new HostRoot(_directory.Path))).Discover(extra);

    private string At(string path) => Path.Combine(_directory.Path, path);

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }
}
