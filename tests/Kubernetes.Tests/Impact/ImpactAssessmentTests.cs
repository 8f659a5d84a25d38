using System.Runtime.CompilerServices;
using System.Text;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Kubernetes.Encryption;
using K8sBackup.Kubernetes.Impact;
using K8sBackup.Kubernetes.Objects;

namespace K8sBackup.Kubernetes.Tests.Impact;

public sealed class ImpactAssessmentTests
{
    private static readonly ImpactQuery s_all = new(100, "", "");

    [Fact]
    public async Task Run_ObjectsThatDiffer_AreCountedByKindAndNamespace()
    {
        Space now = new(
            Object("deployments/shop/web", "apps/v1", "Deployment", "shop", "web", "now"),
            Object("deployments/shop/new", "apps/v1", "Deployment", "shop", "new"),
            Object("configmaps/shop/same", "v1", "ConfigMap", "shop", "same"),
            Object("minions/node-9", "v1", "Node", "", "node-9"));
        Space then = new(
            Object("deployments/shop/web", "apps/v1", "Deployment", "shop", "web", "then"),
            Object("configmaps/shop/same", "v1", "ConfigMap", "shop", "same"),
            Object("configmaps/shop/old", "v1", "ConfigMap", "shop", "old"),
            Object("persistentvolumes/pv-1", "v1", "PersistentVolume", "", "pv-1"));

        ImpactReport report = await RunAsync(now, then, s_all);

        Assert.Equal((2L, 2L, 1L), (report.Vanishing, report.Returning, report.Changing));
        Assert.Equal(
            [
                new ImpactGroup("ConfigMap", "shop", 0, 1, 0),
                new ImpactGroup("Deployment.apps", "shop", 1, 0, 1),
                new ImpactGroup("Node", "", 1, 0, 0),
                new ImpactGroup("PersistentVolume", "", 0, 1, 0),
            ],
            report.Groups);
        Assert.Equal(
            [new ImpactObject(ImpactChange.Vanishes, "Node", "", "node-9"), new ImpactObject(ImpactChange.Returns, "PersistentVolume", "", "pv-1")],
            report.Infrastructure);
        Assert.Equal(5, report.Named.Count);
        Assert.Equal((7L, 5L, false), (report.RevisionNow, report.RevisionThen, report.IsCut));
    }

    [Theory]
    [InlineData("configmap", "", 2)]
    [InlineData("", "other", 1)]
    [InlineData("ConfigMap", "shop", 1)]
    [InlineData("secrets", "", 1)]
    [InlineData("Pod", "", 0)]
    public async Task Run_NamesAskedForByKindAndNamespace_NamesThoseAlone(string kind, string inNamespace, int named)
    {
        Space now = new(
            Object("configmaps/shop/a", "v1", "ConfigMap", "shop", "a"),
            Object("configmaps/other/b", "v1", "ConfigMap", "other", "b"),
            ("/registry/secrets/shop/hidden", "k8s:enc:kms:v2:vault:xyz"));

        ImpactReport report = await RunAsync(now, new Space(), new ImpactQuery(10, kind, inNamespace));

        Assert.Equal(named, report.Named.Count);
        Assert.Equal(3, report.Vanishing);
    }

    [Theory]
    [InlineData("/registry/secrets/shop/hidden", "(secrets)", "shop", "hidden")]
    [InlineData("/registry/minions/node-1", "(minions)", "", "node-1")]
    [InlineData("/registry/example.com/widgets/shop/w1", "(widgets)", "shop", "w1")]
    [InlineData("compact_rev_key", "(key)", "", "compact_rev_key")]
    public async Task Run_ValuesThatCannotBeRead_AreFoundByTheirKeys(string key, string kind, string inNamespace, string name)
    {
        ImpactReport report = await RunAsync(new Space((key, "k8s:enc:secretbox:v1:k:xyz")), new Space(), s_all);

        Assert.Equal(new ImpactObject(ImpactChange.Vanishes, kind, inNamespace, name), Assert.Single(report.Named));
    }

    [Fact]
    public async Task Run_MoreThanAReportHolds_IsCutAndCountsStayExact()
    {
        Space now = new([.. Enumerable.Range(0, 6000).Select(i => Object($"configmaps/ns-{i:0000}/c", "v1", "ConfigMap", $"ns-{i:0000}", "c"))]);

        ImpactReport report = await RunAsync(now, new Space(), new ImpactQuery(50, "", ""));

        Assert.True(report.IsCut);
        Assert.Equal(6000, report.Vanishing);
        Assert.Equal(6000, report.Groups.Sum(g => g.Vanishing));
        Assert.Equal(50, report.Named.Count);
        Assert.InRange(report.Groups.Count, 1000, 4001);
    }

    private static Task<ImpactReport> RunAsync(Space now, Space then, ImpactQuery query) =>
        new ImpactAssessment(new ObjectDecoder(Keyring.Empty), query).RunAsync(now, then, () => (7, 5), CancellationToken.None);

    private static (string, string) Object(string key, string version, string kind, string inNamespace, string name, string data = "") =>
        ($"/registry/{key}", $$"""{"apiVersion":"{{version}}","kind":"{{kind}}","metadata":{"name":"{{name}}","namespace":"{{inNamespace}}"},"data":"{{data}}"}""");

    private sealed class Space(params (string Key, string Value)[] keys) : IKeySpace
    {
        public async IAsyncEnumerable<KeyRecord> ReadAsync(KeyRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach ((string key, string value) in keys.OrderBy(k => k.Key, StringComparer.Ordinal))
            {
                yield return new KeyRecord
                {
                    Key = Encoding.UTF8.GetBytes(key), Value = Encoding.UTF8.GetBytes(value), CreateRevision = 1, ModRevision = 2, Version = 1, Lease = 0,
                };
            }
        }
    }
}
