using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Tests.Enrolment;

/// <summary>Item 36 of the faults: tokens of accounts, nodes, pods and audiences that they are not for.</summary>
public sealed class ServiceAccountEnrolmentTests : IAsyncLifetime
{
    private const string Namespace = "k8s-backup";
    private const string Worker = "k8s-backup-agent-worker";
    private const string ControlPlane = "k8s-backup-agent-control-plane";

    private readonly string _directory = Directory.CreateTempSubdirectory("k8sbackup-enrol-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private FakeKubeServer _cluster = null!;
    private KubernetesClient _client = null!;
    private TestCoordinator _coordinator = null!;

    public async Task InitializeAsync()
    {
        _cluster = await FakeKubeServer.StartAsync(new FakeKubeOptions());
        _client = new KubernetesClient(
            ClusterAccess.Read(_cluster.WriteKubeconfig(_directory), TimeProvider.System),
            new KubernetesClientOptions { BackoffMin = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(5) },
            TimeProvider.System,
            new Random(1));
        _cluster.Seed("""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp-1", "labels": {"node-role.kubernetes.io/control-plane": ""}}}""");
        _cluster.Seed("""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w-1"}}""");
        _cluster.Seed("""{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "w-2"}}""");
        _coordinator = new TestCoordinator
        {
            Limits = new LimitOptions { EnrolmentsPerMinute = 4 },
            Extra = services => services.AddSingleton(new ServiceAccountTokens(_client, _client, Namespace, new ServiceAccountOptions())),
        };
        await _coordinator.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _key.Dispose();
        await _coordinator.DisposeAsync();
        _client.Dispose();
        await _cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(Worker, "w-1", Role.Worker)]
    [InlineData(ControlPlane, "cp-1", Role.ControlPlane)]
    public async Task Enrol_TokenOfThePodOnTheNode_GivesTheRoleOfTheAccount(string account, string node, Role role)
    {
        EnrolResponse response = await EnrolAsync(Token(account, Pod("p", node), node), node);
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(response.Certificate.Leaf.Span);
        Assert.Equal(new PeerIdentity("prod", role, node), _coordinator.Authorities.Check(leaf, asServer: false).Identity);
    }

    [Fact]
    public async Task Enrol_ServerThatPutsNoNodeIntoTokens_AsksThePod()
    {
        string token = Token(Worker, Pod("p", "w-1"), "");
        Assert.NotEmpty((await EnrolAsync(token, "w-1")).Certificate.Leaf);
        await RefusedAsync(token, "w-2");
    }

    [Fact]
    public async Task Enrol_WorkersToken_GivesNoControlPlane()
    {
        string token = Token(Worker, Pod("p", "cp-1"), "cp-1");
        EnrolResponse response = await EnrolAsync(token, "cp-1");
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(response.Certificate.Leaf.Span);
        Assert.Equal(Role.Worker, _coordinator.Authorities.Check(leaf, asServer: false).Identity!.Role);
        // And the account of the control plane on a node that is none of it gives nothing at all.
        await RefusedAsync(Token(ControlPlane, Pod("q", "w-1"), "w-1"), "w-1");
    }

    [Fact]
    public Task Enrol_OtherNodesToken_IsRefused() => RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1"), "w-2");

    [Fact]
    public Task Enrol_NodeInTheTokenIsNotThePods_IsRefused() => RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-2"), "w-1");

    [Fact]
    public Task Enrol_ExpiredToken_IsRefused() =>
        RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1", known => known with { ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(-1) }), "w-1");

    [Fact]
    public Task Enrol_OtherAudience_IsRefused() =>
        RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1", known => known with { Audiences = ["somebody-else"] }), "w-1");

    [Fact]
    public Task Enrol_TokenForTheApiServer_IsRefused() =>
        RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1", known => known with { Audiences = [] }), "w-1");

    [Theory]
    [InlineData("system:serviceaccount:k8s-backup:default")]
    [InlineData("system:serviceaccount:elsewhere:k8s-backup-agent-worker")]
    [InlineData("k8s-backup-agent-worker")]
    public Task Enrol_OtherAccount_IsRefused(string username) =>
        RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1", known => known with { Username = username }), "w-1");

    [Fact]
    public Task Enrol_TokenOfNoPod_IsRefused() =>
        RefusedAsync(Token(Worker, Pod("p", "w-1"), "w-1", known => known with { Extra = new Dictionary<string, IReadOnlyList<string>>() }), "w-1");

    [Fact]
    public async Task Enrol_DeletedPod_IsRefused()
    {
        string token = Token(Worker, Pod("p", "w-1"), "w-1");
        await _client.DeleteAsync(KubernetesTypes.Pods, new ResourceName(Namespace, "p"), DeleteOptions.Anything, CancellationToken.None);
        await RefusedAsync(token, "w-1");
    }

    [Fact]
    public async Task Enrol_PodReplacedByOneOfItsName_IsRefused()
    {
        // A server that does not notice that the token's pod is gone, for it looks at the name only.
        string token = Token(Worker, Pod("p", "w-1"), "w-1", known => known with { BoundPod = "" });
        await _client.DeleteAsync(KubernetesTypes.Pods, new ResourceName(Namespace, "p"), DeleteOptions.Anything, CancellationToken.None);
        await RefusedAsync(token, "w-1");
        Pod("p", "w-1");
        await RefusedAsync(token, "w-1");
    }

    [Fact]
    public async Task Enrol_ApiServerAway_IsUnavailableAndNotRefused()
    {
        string token = Token(Worker, Pod("p", "w-1"), "w-1");
        _cluster.Faults.Add(new ApiFaultRule { Times = int.MaxValue, Code = 503 });
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => EnrolAsync(token, "w-1"));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.DoesNotContain(token, e.Message, StringComparison.Ordinal);
        _cluster.Faults.Clear();
        Assert.NotEmpty((await EnrolAsync(token, "w-1")).Certificate.Leaf);
    }

    [Fact]
    public async Task Enrol_TooManyAttempts_AreNotEvenReviewed()
    {
        for (int i = 0; i < 4; i++)
        {
            await RefusedAsync("no-such-token", "w-1");
        }

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => EnrolAsync(Token(Worker, Pod("p", "w-1"), "w-1"), "w-1"));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Equal(4, _cluster.Requests.Count(request => request.Contains("tokenreviews", StringComparison.Ordinal)));
    }

    private string Pod(string name, string node) => (string)_cluster.Seed($$$"""
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "{{{name}}}", "namespace": "k8s-backup"}, "spec": {"nodeName": "{{{node}}}"}, "status": {"phase": "Running"}}
        """)["metadata"]!["uid"]!;

    private string Token(string account, string podUid, string node, Func<KnownToken, KnownToken>? change = null)
    {
        string pod = account == ControlPlane && node != "cp-1" ? "q" : "p";
        Dictionary<string, IReadOnlyList<string>> extra = new()
        {
            ["authentication.kubernetes.io/pod-name"] = [pod],
            ["authentication.kubernetes.io/pod-uid"] = [podUid],
        };
        if (node.Length > 0)
        {
            extra["authentication.kubernetes.io/node-name"] = [node];
        }

        KnownToken known = new()
        {
            Username = $"system:serviceaccount:{Namespace}:{account}",
            Audiences = ["k8s-backup"],
            Extra = extra,
            BoundPod = $"{Namespace}/{pod}/{podUid}",
        };
        string token = $"header.{Guid.NewGuid():n}.signature";
        _cluster.AddToken(token, change is null ? known : change(known));
        return token;
    }

    private async Task RefusedAsync(string token, string node)
    {
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => EnrolAsync(token, node));
        Assert.Equal((StatusCode.Unauthenticated, "The token is not valid for this node."), (e.StatusCode, e.Status.Detail));
        string audit = await File.ReadAllTextAsync(Path.Combine(_coordinator.Directory, "audit.log"));
        Assert.Contains($"\"action\":\"node.enrol\",\"target\":\"{node}\",\"result\":\"refused\"", audit, StringComparison.Ordinal);
        Assert.DoesNotContain(token, audit, StringComparison.Ordinal);
    }

    private async Task<EnrolResponse> EnrolAsync(string token, string node)
    {
        using GrpcChannel channel = CoordinatorChannel.CreateForEnrolment(_coordinator.Address, _coordinator.Authorities);
        EnrolRequest request = new() { Token = token, Node = node, CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(_key)) };
        return await new Transport.V1.Enrolment.EnrolmentClient(channel).EnrolAsync(request);
    }
}
