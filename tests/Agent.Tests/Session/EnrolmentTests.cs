using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Tests.Session;

public sealed class EnrolmentTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_WithToken_EnrolsAndSaysHello()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path));

        FakeSession session = await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
        Assert.Equal("a", session.Hello.Labels["zone"]);
        Assert.Empty(session.Hello.WorkIds);
        Assert.False(File.Exists(Path.Combine(_directory.Path, "state", "identity", "enrolment.key")));
    }

    [Fact]
    public async Task Start_WithSavedIdentity_DoesNotEnrolAgain()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await EnrolAsync(coordinator, options);

        await using AgentHarness second = await AgentHarness.StartAsync(options with { JoinTokenFile = "/nowhere" });
        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_WithWrongToken_EndsWithItsExitCode()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Enrolment.AcceptedToken = "another";
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path));

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
        Assert.False(File.Exists(Path.Combine(_directory.Path, "state", "identity", "identity.pem")));
    }

    [Fact]
    public async Task Start_WithAccountToken_EnrolsWithWhatTheFileHoldsThen()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AccountOptions(coordinator, coordinator.Authority.Certificate);
        coordinator.Enrolment.AcceptedToken = "header.fresh.signature";
        // The first attempt meets a coordinator that cannot ask; by the second the kubelet has written another token.
        coordinator.Enrolment.Refusals.Enqueue(new Status(StatusCode.Unavailable, "later"));
        coordinator.Enrolment.Asking = () => File.WriteAllText(options.ServiceAccountTokenFile, "header.fresh.signature\n");
        await using AgentHarness agent = await AgentHarness.StartAsync(options);

        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_WithAccountTokenAndOtherAuthority_NeverShowsTheToken()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        using CertificateAuthority other = CertificateAuthority.OpenOrCreate(Path.Combine(_directory.Path, "other-ca"), FakeCoordinator.Cluster, TimeProvider.System);
        AgentOptions options = AccountOptions(coordinator, other.Certificate);
        CoordinatorLink link = new(options.Coordinators);
        (EnrolmentTicket? ticket, string fault) = new AccountTicketSource(options.ServiceAccountTokenFile, options.AuthorityFile).Read();
        EnrolmentClient client = new(new IdentityFiles(options.IdentityDirectory, TimeProvider.System), new EnrolmentKey(options.IdentityDirectory), options.Node, TimeProvider.System);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.EnrolAsync(link.Address, ticket!, CancellationToken.None));

        Assert.Equal("", fault);
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Equal(0, coordinator.Enrolment.Asked);
    }

    /// <summary>The agent's state on the node outlives an installation; its authority does not.</summary>
    [Fact]
    public async Task Start_CoordinatorInstalledAnew_EnrolsWithThePublishedAuthority()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AccountOptions(coordinator, coordinator.Authority.Certificate);
        using X509Certificate2 former = SaveIdentityOfAnother(options);
        coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        await using AgentHarness agent = await AgentHarness.StartAsync(options);

        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Running_CoordinatorInstalledAnew_EnrolsWithoutARestart()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        using X509Certificate2 former = SaveIdentityOfAnother(AccountOptions(coordinator, coordinator.Authority.Certificate));
        AgentOptions options = AccountOptions(coordinator, former);
        coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        Assert.Equal(0, coordinator.Enrolment.Enrolled);

        // What the kubelet does when the ConfigMap changes.
        File.WriteAllText(options.AuthorityFile + ".new", coordinator.Authority.Certificate.ExportCertificatePem());
        File.Move(options.AuthorityFile + ".new", options.AuthorityFile, overwrite: true);
        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    /// <summary>kubeadm labels a node some time after it has joined; until then it gets the agent of a worker.</summary>
    [Fact]
    public async Task Start_SavedIdentityIsOfAnotherRole_EnrolsAnew()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        coordinator.Enrolment.Role = Role.Worker;
        await EnrolAsync(coordinator, options);
        coordinator.Enrolment.Role = Role.ControlPlane;

        await using AgentHarness again = await AgentHarness.StartAsync(options with { Role = Role.ControlPlane });
        await coordinator.Sessions.NextAsync();

        Assert.Equal(2, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_TokenIsForAnotherRole_EndsWithItsExitCode()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path) with { Role = Role.Worker });

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
    }

    /// <summary>Its node was removed. Whoever starts its agent again wants it back; the token decides.</summary>
    [Fact]
    public async Task Start_SavedIdentityIsRefused_EnrolsAnew()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await EnrolAsync(coordinator, options);
        coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));

        await using AgentHarness again = await AgentHarness.StartAsync(options);
        await coordinator.Sessions.NextAsync();

        Assert.Equal(2, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_SavedIdentityIsRefusedAndNoToken_EndsWithItsExitCode()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await EnrolAsync(coordinator, options);
        coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));

        await using AgentHarness again = await AgentHarness.StartAsync(options with { JoinTokenFile = "/nowhere" });

        Assert.Equal(ExitCodes.EnrolmentRefused, await again.WaitForEndAsync());
    }

    [Fact]
    public async Task Running_IdentityIsRefused_StaysAway()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await EnrolAsync(coordinator, options);
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        await coordinator.Sessions.NextAsync();
        coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));
        coordinator.Sessions.EndAll();

        await coordinator.Sessions.NextAsync();

        Assert.Empty(coordinator.Sessions.Refusals);
        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_AuthorityNotPublishedYet_WaitsForIt()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AccountOptions(coordinator, coordinator.Authority.Certificate);
        coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        File.Move(options.AuthorityFile, options.AuthorityFile + ".later");
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        File.Move(options.AuthorityFile + ".later", options.AuthorityFile);

        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(null, "cannot be read")]
    public void AccountTickets_NoToken_SayWhy(string? token, string expected)
    {
        string path = Path.Combine(_directory.Path, "account-token");
        if (token is not null)
        {
            File.WriteAllText(path, token);
        }

        (EnrolmentTicket? ticket, string fault) = new AccountTicketSource(path, path).Read();
        Assert.Null(ticket);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WholeProgramWithWrongToken_ReturnsItsExitCode()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Enrolment.AcceptedToken = "another";

        int code = await AgentHost.RunAsync(AgentHarness.Options(coordinator, _directory.Path), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(ExitCodes.EnrolmentRefused, code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no token at all")]
    public async Task Start_WithoutUsableToken_EndsWithItsExitCode(string text)
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "token"), text);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path));

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
        Assert.Equal(0, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_CoordinatorBusy_TriesAgain()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Enrolment.Refusals.Enqueue(new Status(StatusCode.ResourceExhausted, "Too many attempts."));
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path));

        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_ExpiredIdentity_EnrolsAgain()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (X509Certificate2 expired = coordinator.Authority.IssueClient(
            new PublicKey(key), new PeerIdentity(FakeCoordinator.Cluster, Role.Worker, AgentHarness.Node), TimeSpan.FromMinutes(-1)))
        {
            new IdentityFiles(options.IdentityDirectory, TimeProvider.System).Save(key, expired, [coordinator.Authority.Certificate]);
        }

        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        await coordinator.Sessions.NextAsync();

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Running_ThirdOfLifeOver_RenewsByItself()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        // With five minutes of tolerance before and one ahead, the third of the life is over from the start.
        coordinator.Enrolment.Lifetime = TimeSpan.FromMinutes(1);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        await coordinator.Sessions.NextAsync();

        await Eventually.TrueAsync(() => coordinator.Enrolment.Renewed > 0);

        Assert.Equal(1, coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_CertificateForAnotherNode_IsNotKept()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Enrolment.NodeOverride = "node-2";
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(options);

        await Eventually.TrueAsync(() => coordinator.Enrolment.Enrolled > 1);

        Assert.False(new IdentityFiles(options.IdentityDirectory, TimeProvider.System).Exists);
    }

    [Fact]
    public async Task Start_TokenOfAnotherAuthority_NeverSendsTheSecret()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using FakeCoordinator other = await FakeCoordinator.StartAsync(Path.Combine(_directory.Path, "other"));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "token"), other.Token.Reveal());
        coordinator.Enrolment.AcceptedToken = other.Token.Reveal();
        await using AgentHarness agent = await AgentHarness.StartAsync(
            AgentHarness.Options(coordinator, _directory.Path) with { Coordinators = [coordinator.Address, other.Address] });

        await other.Sessions.NextAsync();

        Assert.Equal(0, coordinator.Enrolment.Enrolled);
        Assert.Equal(1, other.Enrolment.Enrolled);
    }

    private static async Task EnrolAsync(FakeCoordinator coordinator, AgentOptions options)
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        await coordinator.Sessions.NextAsync();
    }

    private X509Certificate2 SaveIdentityOfAnother(AgentOptions options)
    {
        using CertificateAuthority other = CertificateAuthority.OpenOrCreate(Path.Combine(_directory.Path, "former-ca"), FakeCoordinator.Cluster, TimeProvider.System);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = other.IssueClient(
            new PublicKey(key), new PeerIdentity(FakeCoordinator.Cluster, Role.Worker, AgentHarness.Node), TimeSpan.FromHours(12));
        new IdentityFiles(options.IdentityDirectory, TimeProvider.System).Save(key, certificate, [other.Certificate]);
        return X509CertificateLoader.LoadCertificate(other.Certificate.RawData);
    }

    private AgentOptions AccountOptions(FakeCoordinator coordinator, X509Certificate2 authority)
    {
        string token = Path.Combine(_directory.Path, "account-token");
        string authorityFile = Path.Combine(_directory.Path, "published-ca.crt");
        File.WriteAllText(token, "header.stale.signature\n");
        File.WriteAllText(authorityFile, authority.ExportCertificatePem());
        return AgentHarness.Options(coordinator, _directory.Path) with { JoinTokenFile = "", ServiceAccountTokenFile = token, AuthorityFile = authorityFile };
    }
}
