using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Kubernetes;

public sealed class KubernetesSectionTests
{
    private const string Rest = "cluster: prod\nlisten: 127.0.0.1:0\nhosts: []\nstate: s\nplans: p\nstore: {local: st}\nkeyFile: k\n";

    [Fact]
    public void Read_EmptySection_HasTheContractsNames()
    {
        KubernetesOptions options = Read("kubernetes: {}\n").Kubernetes!;
        Assert.Equal(new KubernetesOptions(), options);
        Assert.Equal(
            ("k8s-backup-coordinator", "k8s-backup-ca", "k8s-backup-authority", KubernetesHome.Resources),
            (options.Lease, options.CaConfigMap, options.AuthoritySecret, options.Home));
    }

    [Fact]
    public void Read_EverySetting_IsTaken()
    {
        CoordinatorOptions options = Read("""
            kubernetes:
              kubeconfig: kc
              namespace: ns
              home: files
              lease: l
              caConfigMap: c
              authoritySecret: a
              enrolment: {audience: au, controlPlaneServiceAccount: one, workerServiceAccount: two}
            health: {listen: "127.0.0.1:8080"}

            """);
        Assert.Equal(("ns", KubernetesHome.Files, "l", "c", "a"), (
            options.Kubernetes!.Namespace, options.Kubernetes.Home, options.Kubernetes.Lease, options.Kubernetes.CaConfigMap, options.Kubernetes.AuthoritySecret));
        Assert.Equal(new ServiceAccountOptions { Audience = "au", ControlPlaneServiceAccount = "one", WorkerServiceAccount = "two" }, options.Kubernetes.Enrolment);
        Assert.EndsWith("/kc", options.Kubernetes.Kubeconfig, StringComparison.Ordinal);
        Assert.Equal(8080, options.Health!.Port);
        Assert.Null(Read("").Kubernetes);
        Assert.Null(Read("").Health);
    }

    [Theory]
    [InlineData("kubernetes: {lease: Bad_Name}", "lease")]
    [InlineData("kubernetes: {home: etcd}", "home")]
    [InlineData("kubernetes: {nonsense: 1}", "nonsense")]
    [InlineData("kubernetes: {enrolment: {workerServiceAccount: k8s-backup-agent-control-plane}}", "workerServiceAccount")]
    [InlineData("health: {listen: here}", "listen")]
    [InlineData("health: {listen: \"0.0.0.0:1\", path: /x}", "path")]
    public void Read_Faulty_NamesTheField(string text, string field) =>
        Assert.Contains(field, Assert.Throws<OptionsException>(() => Read(text + "\n")).Message, StringComparison.Ordinal);

    private static CoordinatorOptions Read(string text)
    {
        using TemporaryDirectory directory = new();
        string path = Path.Combine(directory.Path, "coordinator.yaml");
        File.WriteAllText(path, Rest + text);
        return OptionsFile.Read(path);
    }
}
