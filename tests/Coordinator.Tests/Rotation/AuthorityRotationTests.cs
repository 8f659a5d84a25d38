using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.Coordinator.Tests.Fleet;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Tests.Rotation;

/// <summary>A whole replacement of the authority over real connections, and when it may end.</summary>
public sealed class AuthorityRotationTests : IAsyncLifetime
{
    private readonly TestCoordinator _coordinator = new();

    public async Task InitializeAsync() => await _coordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Rotate_AgentsAreAskedToRenew_AndTheEndWaitsForThem()
    {
        GrpcChannel before = _coordinator.ChannelOf(Role.Worker, "w-1");
        using TestAgent agent = new(before);
        await agent.GreetAsync([]);
        Authorities.AuthoritiesClient client = new(_coordinator.ChannelOf(Role.Operator, "alice"));
        AuthorityRing ring = _coordinator.Services.GetRequiredService<AuthorityRing>();
        AuthorityRotation rotation = _coordinator.Services.GetRequiredService<AuthorityRotation>();

        AuthorityState begun = await client.RotateAsync(new RotateAuthorityRequest { Overlap = new Duration() });
        Assert.Equal((ring.Serving.Fingerprint, ring.Current.Next!.Fingerprint), (begun.Fingerprint, begun.NextFingerprint));
        Assert.Equal(["w-1"], begun.WaitingFor);
        Assert.NotNull((await agent.ReceiveAsync()).Renew);
        await rotation.LookAsync(CancellationToken.None);
        Assert.NotNull(ring.Rotation);
        Assert.Contains("w-1", Assert.Single(await rotation.WarningsAsync(CancellationToken.None)), StringComparison.Ordinal);
        Assert.Equal(begun, await client.RotateAsync(new RotateAuthorityRequest { Overlap = Duration.FromTimeSpan(TimeSpan.FromHours(7)) }));

        // What the agent does then: over the channel of the former certificate it gets one of the next authority, and trusts both.
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewRequest request = new() { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)) };
        Certificate renewed = (await new Transport.V1.Enrolment.EnrolmentClient(before).RenewAsync(request)).Certificate;
        Assert.Equal(2, renewed.Authorities.Count);
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(renewed.Leaf.Span);
        Assert.True(ring.Current.Next!.Issued(leaf));
        X509Certificate2Collection trusted = [.. renewed.Authorities.Select(der => X509CertificateLoader.LoadCertificate(der.Span))];
        LocalIdentity identity = new(new PeerIdentity("prod", Role.Worker, "w-1"), leaf.CopyWithPrivateKey(key), new TrustedAuthorities(trusted, TimeProvider.System));
        using TestAgent next = new(_coordinator.ChannelOf(identity));
        await next.GreetAsync([]);

        await rotation.LookAsync(CancellationToken.None);
        Assert.Null(ring.Rotation);
        Assert.Equal(begun.NextFingerprint, ring.Serving.Fingerprint);
        // The session goes on over the end; new ones know the coordinator by the next authority, and the former one's holders are out.
        await next.SendAsync(new AgentMessage { Heartbeat = new Heartbeat() });
        using TestAgent third = new(_coordinator.ChannelOf(identity));
        await third.GreetAsync([]);
        Assert.Equal(StatusCode.Aborted, await next.EndStatusAsync());
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(async () => await client.ShowAsync(new ShowAuthorityRequest()))).StatusCode);
    }

    [Fact]
    public async Task RenewIdentity_Operator_EndsWhenTheFormerWouldHave()
    {
        Authorities.AuthoritiesClient client = new(_coordinator.ChannelOf(Role.Operator, "alice"));
        await client.RotateAsync(new RotateAuthorityRequest());
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        RenewRequest request = new() { CertificateRequest = ByteString.CopyFrom(CertificateRequests.Create(key)) };
        Certificate renewed = (await client.RenewIdentityAsync(request)).Certificate;
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(renewed.Leaf.Span);
        Assert.Equal(new PeerIdentity("prod", Role.Operator, "alice"), _coordinator.Authorities.Check(leaf, asServer: false).Identity);
        // The one shown lives for an hour.
        Assert.True(leaf.NotAfter.ToUniversalTime() <= TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromHours(1));
        Assert.Contains("operator.renew", await File.ReadAllTextAsync(Path.Combine(_coordinator.Directory, "audit.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FinishAndRotate_BadRequests_AreRefused()
    {
        Authorities.AuthoritiesClient client = new(_coordinator.ChannelOf(Role.Operator, "alice"));
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(async () => await client.FinishAsync(new FinishRotationRequest()))).StatusCode);
        foreach (Duration overlap in (Duration[])[new() { Seconds = -1 }, new() { Seconds = 31 * 86_400 }, new() { Seconds = long.MaxValue }])
        {
            RotateAuthorityRequest request = new() { Overlap = overlap };
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await client.RotateAsync(request))).StatusCode);
        }

        Authorities.AuthoritiesClient agent = new(_coordinator.ChannelOf(Role.ControlPlane, "cp-1"));
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await agent.RotateAsync(new RotateAuthorityRequest()))).StatusCode);
    }

    [Fact]
    public async Task Look_NodeAwayForLonger_ThanItsCertificatesLive_IsNotWaitedFor()
    {
        ManualTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using TestCoordinator coordinator = await new TestCoordinator { Clock = clock }.StartAsync();
        using (TestAgent agent = new(coordinator.ChannelOf(Role.Worker, "w-1")))
        {
            await agent.GreetAsync([]);
            await agent.LeaveAsync();
        }

        AuthorityRing ring = coordinator.Services.GetRequiredService<AuthorityRing>();
        using AuthorityRotation rotation = new(ring, coordinator.Nodes, clock, NullLogger<AuthorityRotation>.Instance);
        await ring.BeginAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await rotation.LookAsync(CancellationToken.None);
        Assert.NotNull(ring.Rotation);
        clock.Advance(TimeSpan.FromHours(11));
        Assert.Equal(["w-1"], rotation.WaitingFor());
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty(rotation.WaitingFor());
        await rotation.LookAsync(CancellationToken.None);
        Assert.Null(ring.Rotation);
    }
}
