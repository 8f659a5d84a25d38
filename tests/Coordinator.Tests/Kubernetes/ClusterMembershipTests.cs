using System.Collections.Concurrent;
using System.Net;
using System.Text;
using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Leases;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.ObjectStore.Opening;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Kubernetes;

public sealed class ClusterMembershipTests : IAsyncLifetime
{
    private static readonly ResourceName _lease = new("default", "k8s-backup-coordinator");
    private static readonly ResourceName _secret = new("default", "k8s-backup-authority");

    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<Readiness> _said = [];
    private StandInCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await StandInCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Join_First_LeadsMakesTheAuthorityAndPublishesIt()
    {
        await using (ClusterMembership? membership = await JoinAsync("a"))
        {
            Assert.NotNull(membership);
            Secret secret = await _cluster.Client.GetAsync(KubernetesTypes.Secrets, _secret, CancellationToken.None);
            ConfigMap published = await _cluster.Client.GetAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "k8s-backup-ca"), CancellationToken.None);
            Assert.Equal(File.ReadAllText(StateFile("a", "ca.crt")).Trim(), published.Data["ca.crt"].Trim());
            Assert.Equal(await File.ReadAllBytesAsync(StateFile("a", "ca.key")), secret.Data["ca.key"]);
            Assert.NotEqual("", (await LeaseAsync()).Spec.HolderIdentity);
        }

        Assert.Equal("", (await LeaseAsync()).Spec.HolderIdentity ?? "");
        Assert.False(_exit.Task.IsCompleted);
    }

    [Fact]
    public async Task Join_Second_WaitsAndTakesOverTheSameAuthority()
    {
        ClusterMembership first = (await JoinAsync("a"))!;
        Task<ClusterMembership?> second = JoinAsync("b");
        await Eventually.TrueAsync(() => _cluster.Server.Requests.Count(r => r.StartsWith("GET", StringComparison.Ordinal) && r.Contains("leases", StringComparison.Ordinal)) >= 3);
        Assert.False(second.IsCompleted);
        // Ready to take over, which is what a rollout of several waits for.
        await Eventually.TrueAsync(() => _said.Contains(Readiness.Waiting));
        await first.DisposeAsync();
        await using ClusterMembership? next = await second;
        Assert.Equal(1, next!.Transitions);
        Assert.Equal(File.ReadAllText(StateFile("a", "ca.crt")), File.ReadAllText(StateFile("b", "ca.crt")));
        Assert.Equal(File.ReadAllText(StateFile("a", "ca.key")), File.ReadAllText(StateFile("b", "ca.key")));
    }

    [Fact]
    public async Task Rotation_IsSharedWithTheNextLeader_WhoEndsIt()
    {
        string both;
        await using (ClusterMembership? first = await JoinAsync("a"))
        {
            using AuthorityRing ring = new(Path.Combine(_cluster.Directory, "a", "ca"), "prod", first!.Authority!, TimeProvider.System);
            Assert.True(await ring.BeginAsync(TimeSpan.FromHours(1), CancellationToken.None));
            both = await PublishedAsync();
            Assert.Equal(2, both.Split("BEGIN CERTIFICATE").Length - 1);
        }

        string next;
        await using (ClusterMembership? second = await JoinAsync("b"))
        {
            Assert.Equal(both, await PublishedAsync());
            using AuthorityRing ring = new(Path.Combine(_cluster.Directory, "b", "ca"), "prod", second!.Authority!, TimeProvider.System);
            next = ring.Current.Next!.Fingerprint;
            Assert.True(await ring.FinishAsync(CancellationToken.None));
            Assert.Single((await PublishedAsync()).Split("BEGIN CERTIFICATE")[1..]);
            Secret secret = await _cluster.Client.GetAsync(KubernetesTypes.Secrets, _secret, CancellationToken.None);
            Assert.Equal(["ca.crt", "ca.key", "rotation.json"], secret.Data.Keys.Order());
        }

        // The first one's directory has both still; the Secret counts.
        await using ClusterMembership? third = await JoinAsync("a");
        using AuthorityRing after = new(Path.Combine(_cluster.Directory, "a", "ca"), "prod", third!.Authority!, TimeProvider.System);
        Assert.Equal((next, null), (after.Serving.Fingerprint, after.Rotation));
        _cluster.Server.Faults.Add(new FakeKube.Faults.ApiFaultRule { Method = "PUT", Code = 403 });
        await Assert.ThrowsAsync<IOException>(() => after.BeginAsync(TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Null(after.Rotation);
    }

    [Fact]
    public async Task Hold_LeaseTaken_EndsTheProcess()
    {
        await using ClusterMembership? membership = await JoinAsync("a");
        Lease lease = await LeaseAsync();
        await _cluster.Client.MergePatchAsync(
            KubernetesTypes.Leases,
            _lease,
            new System.Text.Json.Nodes.JsonObject { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["holderIdentity"] = "another" } },
            Subresource.None,
            CancellationToken.None);
        Assert.NotEqual("another", lease.Spec.HolderIdentity);
        Assert.Equal(ClusterMembership.LostExitCode, await _exit.Task.WaitAsync(TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task Join_SecretWithoutAuthority_IsRefusedAndLeftAlone()
    {
        Secret foreign = new()
        {
            Metadata = new ObjectMeta { Namespace = _secret.Namespace, Name = _secret.Name },
            Data = new Dictionary<string, byte[]> { ["password"] = Encoding.ASCII.GetBytes("x") },
        };
        await _cluster.Client.CreateAsync(KubernetesTypes.Secrets, foreign, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidDataException>(() => JoinAsync("a"));
        Assert.Equal(["password"], (await _cluster.Client.GetAsync(KubernetesTypes.Secrets, _secret, CancellationToken.None)).Data.Keys);
    }

    [Fact]
    public async Task Share_ManyFirstStartsAtOnce_AgreeOnOneAuthority()
    {
        KubernetesOptions options = new();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
            new SharedAuthority(_cluster.Client, _cluster.Client, "default", options, NullLogger.Instance)
                .ShareAsync(Path.Combine(_cluster.Directory, $"r{i}", "ca"), "prod", TimeProvider.System, CancellationToken.None)));
        Assert.Single(Enumerable.Range(0, 6).Select(i => File.ReadAllText(StateFile($"r{i}", "ca.key"))).Distinct());
    }

    [Fact]
    public async Task Join_NoSection_IsNoMembership() =>
        Assert.Null(await ClusterMembership.JoinAsync(Options("a") with { Kubernetes = null }, NullLogger.Instance, _exit.SetResult, _said.Add, CancellationToken.None));

    [Fact]
    public async Task Join_NoKubeconfig_SaysSo()
    {
        CoordinatorOptions options = Options("a") with { Kubernetes = new KubernetesOptions { Kubeconfig = "/nowhere" } };
        OptionsException e = await Assert.ThrowsAsync<OptionsException>(() => ClusterMembership.JoinAsync(options, NullLogger.Instance, _exit.SetResult, _said.Add, CancellationToken.None));
        Assert.Contains("/nowhere", e.Message, StringComparison.Ordinal);
    }

    private Task<ClusterMembership?> JoinAsync(string replica) => ClusterMembership.JoinAsync(Options(replica), NullLogger.Instance, _exit.SetResult, _said.Add, CancellationToken.None);

    private async Task<string> PublishedAsync() =>
        (await _cluster.Client.GetAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "k8s-backup-ca"), CancellationToken.None)).Data["ca.crt"];

    private Task<Lease> LeaseAsync() => _cluster.Client.GetAsync(KubernetesTypes.Leases, _lease, CancellationToken.None);

    private string StateFile(string replica, string name) => Path.Combine(_cluster.Directory, replica, "ca", name);

    private CoordinatorOptions Options(string replica) => new()
    {
        Cluster = "prod",
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        Hosts = ["localhost"],
        State = Path.Combine(_cluster.Directory, replica),
        Plans = Path.Combine(_cluster.Directory, "plans"),
        Store = StoreOptions.ForLocal(Path.Combine(_cluster.Directory, "store")),
        KeyFile = Path.Combine(_cluster.Directory, "key"),
        Kubernetes = new KubernetesOptions { Kubeconfig = Path.Combine(_cluster.Directory, "kubeconfig") },
    };
}
