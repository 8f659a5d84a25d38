using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Tests.Enrolment;

public sealed class EnrolmentServiceTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly TestCoordinator _coordinator;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public EnrolmentServiceTests() => _coordinator = new TestCoordinator { Clock = _clock, Limits = new LimitOptions { EnrolmentsPerMinute = 8 } };

    public async Task InitializeAsync() => await _coordinator.StartAsync();

    public async Task DisposeAsync()
    {
        _key.Dispose();
        await _coordinator.DisposeAsync();
    }

    [Fact]
    public async Task Enrol_GoodToken_GivesTheRoleOfTheTokenAndTheNodeAsked()
    {
        JoinToken token = NewToken(Role.ControlPlane, "cp-1");
        EnrolResponse response = await EnrolAsync(token, "cp-1", _key);
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(response.Certificate.Leaf.Span);
        IdentityCheck check = _coordinator.Authorities.Check(leaf, asServer: false);
        Assert.Equal(new PeerIdentity("prod", Role.ControlPlane, "cp-1"), check.Identity);
        Assert.Equal(_clock.GetUtcNow().AddHours(12), response.Certificate.NotAfter.ToDateTimeOffset());
        Assert.Equal("prod", response.Certificate.Cluster);
    }

    [Fact]
    public async Task Enrol_SameTokenAndKeyAgain_GivesAnotherCertificate()
    {
        JoinToken token = NewToken(Role.Worker, "");
        await EnrolAsync(token, "w-1", _key);
        Assert.NotEmpty((await EnrolAsync(token, "w-1", _key)).Certificate.Leaf);
    }

    [Fact]
    public async Task Enrol_AllRefusals_LookTheSame()
    {
        JoinToken used = NewToken(Role.Worker, "");
        await EnrolAsync(used, "w-1", _key);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        JoinToken forAnotherNode = NewToken(Role.Worker, "w-9");
        JoinToken unknown = JoinToken.Create(_coordinator.Authority.Certificate, _clock);
        JoinToken expired = NewToken(Role.Worker, "");

        List<RpcException> refusals =
        [
            await RefusedAsync(used, "w-1", other),
            await RefusedAsync(used, "w-2", _key),
            await RefusedAsync(forAnotherNode, "w-1", _key),
            await RefusedAsync(unknown, "w-1", _key),
        ];
        _clock.Advance(TimeSpan.FromHours(1));
        refusals.Add(await RefusedAsync(expired, "w-1", _key));
        Assert.All(refusals, e => Assert.Equal(StatusCode.Unauthenticated, e.StatusCode));
        Assert.Single(refusals.Select(e => e.Status.Detail).Distinct());
    }

    [Fact]
    public async Task Enrol_NameOfANodeWithAnotherRole_NeedsATokenForThatNode()
    {
        using AgentConnection connection = new();
        _coordinator.Nodes.Connect(
            new NodeRecord { Name = "cp-1", Role = Role.ControlPlane, LastSeen = _clock.GetUtcNow(), CertificateNotAfter = _clock.GetUtcNow() }, connection);
        Assert.Equal(StatusCode.Unauthenticated, (await RefusedAsync(NewToken(Role.Worker, ""), "cp-1", _key)).StatusCode);
        Assert.NotEmpty((await EnrolAsync(NewToken(Role.Worker, "cp-1"), "cp-1", _key)).Certificate.Leaf);
    }

    [Theory]
    [InlineData("../etc")]
    [InlineData("")]
    [InlineData("Node-1")]
    public async Task Enrol_BadNodeName_IsInvalid(string node) =>
        Assert.Equal(StatusCode.InvalidArgument, (await RefusedAsync(NewToken(Role.Worker, ""), node, _key)).StatusCode);

    [Fact]
    public async Task Enrol_TooOften_IsRateLimited()
    {
        JoinToken unknown = JoinToken.Create(_coordinator.Authority.Certificate, _clock);
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(StatusCode.Unauthenticated, (await RefusedAsync(unknown, "w-1", _key)).StatusCode);
        }

        Assert.Equal(StatusCode.ResourceExhausted, (await RefusedAsync(NewToken(Role.Worker, ""), "w-1", _key)).StatusCode);
    }

    [Fact]
    public async Task Enrol_OversizeRequest_IsRefused()
    {
        GrpcChannel channel = _coordinator.ChannelWithoutCertificate();
        EnrolRequest request = new() { Token = new string('x', 5 * 1024 * 1024), Node = "w-1" };
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await new Transport.V1.Enrolment.EnrolmentClient(channel).EnrolAsync(request));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
    }

    [Fact]
    public async Task Renew_ValidCertificate_KeepsRoleAndNode()
    {
        GrpcChannel channel = _coordinator.ChannelOf(Role.Worker, "w-1");
        RenewResponse response = await new Transport.V1.Enrolment.EnrolmentClient(channel).RenewAsync(
            new RenewRequest { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(_key)) });
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(response.Certificate.Leaf.Span);
        Assert.Equal(new PeerIdentity("prod", Role.Worker, "w-1"), _coordinator.Authorities.Check(leaf, asServer: false).Identity);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Role.Operator)]
    public async Task Renew_WithoutAgentCertificate_IsRefused(Role? role)
    {
        GrpcChannel channel = role is { } known ? _coordinator.ChannelOf(known, "alice") : _coordinator.ChannelWithoutCertificate();
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await new Transport.V1.Enrolment.EnrolmentClient(channel).RenewAsync(new RenewRequest()));
        Assert.Equal(role is null ? StatusCode.Unauthenticated : StatusCode.PermissionDenied, e.StatusCode);
    }

    [Fact]
    public async Task Renew_CertificateExpiredOnOpenConnection_IsRefused()
    {
        Transport.V1.Enrolment.EnrolmentClient client = new(_coordinator.ChannelOf(Role.Worker, "w-1"));
        RenewRequest request = new() { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(_key)) };
        await client.RenewAsync(request);
        _clock.Advance(TimeSpan.FromHours(2));
        RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await client.RenewAsync(request));
        Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
    }

    [Fact]
    public async Task ServerCertificate_NearItsEndOrOfAFormerAuthority_IsMadeAgain()
    {
        // With a clock of its own: three weeks of everything that looks about every few seconds would take minutes.
        ManualTimeProvider clock = new();
        using AuthorityRing ring = new(Path.Combine(_coordinator.Directory, "another-ca"), "prod", new NoAuthorityHome(), clock);
        ServerCertificate certificate = new(ring, ["localhost"], clock, NullLogger<ServerCertificate>.Instance);
        X509Certificate2 first = certificate.Current();
        clock.Advance(TimeSpan.FromDays(19));
        Assert.Same(first, certificate.Current());
        clock.Advance(TimeSpan.FromDays(2));
        X509Certificate2 second = certificate.Current();
        Assert.NotEqual(first.Thumbprint, second.Thumbprint);
        await ring.BeginAsync(TimeSpan.FromHours(1), CancellationToken.None);
        Assert.Same(second, certificate.Current());
        await ring.FinishAsync(CancellationToken.None);
        Assert.True(ring.Serving.Issued(certificate.Current()));
    }

    private JoinToken NewToken(Role role, string node) =>
        _coordinator.Services.GetRequiredService<JoinTokenStore>()
            .Create(_coordinator.Authority.Certificate, role, node, _clock.GetUtcNow().AddMinutes(30));

    private async Task<EnrolResponse> EnrolAsync(JoinToken token, string node, ECDsa key) =>
        await new Transport.V1.Enrolment.EnrolmentClient(_coordinator.ChannelFor(token)).EnrolAsync(new EnrolRequest
        {
            Token = token.Reveal(),
            Node = node,
            CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)),
        });

    private Task<RpcException> RefusedAsync(JoinToken token, string node, ECDsa key) =>
        Assert.ThrowsAsync<RpcException>(() => EnrolAsync(token, node, key));
}
