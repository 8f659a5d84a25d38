using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Tests.Session;

public sealed class EnrolmentTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private FakeCoordinator _coordinator = null!;
    private AgentOptions _options = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        _options = AgentHarness.Options(_coordinator, _directory.Path);
    }

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Start_WithToken_EnrolsAndSaysHello()
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);

        FakeSession session = await _coordinator.Sessions.NextAsync();

        Assert.Equal(1, _coordinator.Enrolment.Enrolled);
        Assert.Equal("a", session.Hello.Labels["zone"]);
        Assert.Empty(session.Hello.WorkIds);
        Assert.False(File.Exists(Path.Combine(_directory.Path, "state", "identity", "enrolment.key")));
    }

    [Fact]
    public async Task Start_WithSavedIdentity_DoesNotEnrolAgain()
    {
        await EnrolAsync();

        await using AgentHarness second = await AgentHarness.StartAsync(_options with { JoinTokenFile = "/nowhere" });
        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Start_WithWrongToken_EndsWithItsExitCode()
    {
        _coordinator.Enrolment.AcceptedToken = "another";
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
        Assert.False(File.Exists(Path.Combine(_directory.Path, "state", "identity", "identity.pem")));
    }

    [Fact]
    public async Task Start_WithAccountToken_EnrolsWithWhatTheFileHoldsThen()
    {
        AgentOptions options = AccountOptions(_coordinator.Authority.Certificate);
        _coordinator.Enrolment.AcceptedToken = "header.fresh.signature";
        // The first attempt meets a coordinator that cannot ask; by the second the kubelet has written another token.
        _coordinator.Enrolment.Refusals.Enqueue(new Status(StatusCode.Unavailable, "later"));
        _coordinator.Enrolment.Asking = () => File.WriteAllText(options.ServiceAccountTokenFile, "header.fresh.signature\n");
        await using AgentHarness agent = await AgentHarness.StartAsync(options);

        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Start_WithAccountTokenAndOtherAuthority_NeverShowsTheToken()
    {
        using CertificateAuthority other = CertificateAuthority.OpenOrCreate(Path.Combine(_directory.Path, "other-ca"), FakeCoordinator.Cluster, TimeProvider.System);
        AgentOptions options = AccountOptions(other.Certificate);
        CoordinatorLink link = new(options.Coordinators);
        (EnrolmentTicket? ticket, string fault) = new AccountTicketSource(options.ServiceAccountTokenFile, options.AuthorityFile).Read();
        EnrolmentClient client = new(new IdentityFiles(options.IdentityDirectory, TimeProvider.System), new EnrolmentKey(options.IdentityDirectory), options.Node, TimeProvider.System);

        RpcException e = await Assert.ThrowsAsync<RpcException>(() => client.EnrolAsync(link.Address, ticket!, CancellationToken.None));

        Assert.Equal("", fault);
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Equal(0, _coordinator.Enrolment.Asked);
    }

    /// <summary>The agent's state on the node outlives an installation; its authority does not.</summary>
    [Fact]
    public async Task Start_CoordinatorInstalledAnew_EnrolsWithThePublishedAuthority()
    {
        AgentOptions options = AccountOptions(_coordinator.Authority.Certificate);
        using X509Certificate2 former = SaveIdentityOfAnother(options);
        _coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        await using AgentHarness agent = await AgentHarness.StartAsync(options);

        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Running_CoordinatorInstalledAnew_EnrolsWithoutARestart()
    {
        using X509Certificate2 former = SaveIdentityOfAnother(AccountOptions(_coordinator.Authority.Certificate));
        AgentOptions options = AccountOptions(former);
        _coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        Assert.Equal(0, _coordinator.Enrolment.Enrolled);

        // What the kubelet does when the ConfigMap changes.
        File.WriteAllText(options.AuthorityFile + ".new", _coordinator.Authority.Certificate.ExportCertificatePem());
        File.Move(options.AuthorityFile + ".new", options.AuthorityFile, overwrite: true);
        await ConnectsAsync(enrolled: 1);
    }

    /// <summary>kubeadm labels a node some time after it has joined; until then it gets the agent of a worker.</summary>
    [Fact]
    public async Task Start_SavedIdentityIsOfAnotherRole_EnrolsAnew()
    {
        _coordinator.Enrolment.Role = Role.Worker;
        await EnrolAsync();
        _coordinator.Enrolment.Role = Role.ControlPlane;

        await using AgentHarness again = await AgentHarness.StartAsync(_options with { Role = Role.ControlPlane });
        await ConnectsAsync(enrolled: 2);
    }

    [Fact]
    public async Task Start_TokenIsForAnotherRole_EndsWithItsExitCode()
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(_options with { Role = Role.Worker });

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
    }

    /// <summary>Its node was removed. Whoever starts its agent again wants it back; the token decides.</summary>
    [Fact]
    public async Task Start_SavedIdentityIsRefused_EnrolsAnew()
    {
        await EnrolAsync();
        _coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));

        await using AgentHarness again = await AgentHarness.StartAsync(_options);
        await ConnectsAsync(enrolled: 2);
    }

    [Fact]
    public async Task Start_SavedIdentityIsRefusedAndNoToken_EndsWithItsExitCode()
    {
        await EnrolAsync();
        _coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));

        await using AgentHarness again = await AgentHarness.StartAsync(_options with { JoinTokenFile = "/nowhere" });

        Assert.Equal(ExitCodes.EnrolmentRefused, await again.WaitForEndAsync());
    }

    [Fact]
    public async Task Running_IdentityIsRefused_StaysAway()
    {
        await EnrolAsync();
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);
        await _coordinator.Sessions.NextAsync();
        _coordinator.Sessions.Refusals.Enqueue(new Status(StatusCode.PermissionDenied, "removed"));
        _coordinator.Sessions.EndAll();

        await _coordinator.Sessions.NextAsync();

        Assert.Empty(_coordinator.Sessions.Refusals);
        Assert.Equal(1, _coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_AuthorityNotPublishedYet_WaitsForIt()
    {
        AgentOptions options = AccountOptions(_coordinator.Authority.Certificate);
        _coordinator.Enrolment.AcceptedToken = "header.stale.signature";
        File.Move(options.AuthorityFile, options.AuthorityFile + ".later");
        await using AgentHarness agent = await AgentHarness.StartAsync(options);
        File.Move(options.AuthorityFile + ".later", options.AuthorityFile);

        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Run_WholeProgramWithWrongToken_ReturnsItsExitCode()
    {
        _coordinator.Enrolment.AcceptedToken = "another";

        int code = await AgentHost.RunAsync(_options, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(ExitCodes.EnrolmentRefused, code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no token at all")]
    public async Task Start_WithoutUsableToken_EndsWithItsExitCode(string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "token"), text);
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);

        Assert.Equal(ExitCodes.EnrolmentRefused, await agent.WaitForEndAsync());
        Assert.Equal(0, _coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_CoordinatorBusy_TriesAgain()
    {
        _coordinator.Enrolment.Refusals.Enqueue(new Status(StatusCode.ResourceExhausted, "Too many attempts."));
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);

        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Start_ExpiredIdentity_EnrolsAgain()
    {
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (X509Certificate2 expired = _coordinator.Authority.IssueClient(
            new PublicKey(key), new PeerIdentity(FakeCoordinator.Cluster, Role.Worker, AgentHarness.Node), TimeSpan.FromMinutes(-1)))
        {
            new IdentityFiles(_options.IdentityDirectory, TimeProvider.System).Save(key, expired, [_coordinator.Authority.Certificate]);
        }

        await using AgentHarness agent = await AgentHarness.StartAsync(_options);
        await ConnectsAsync(enrolled: 1);
    }

    [Fact]
    public async Task Running_ThirdOfLifeOver_RenewsByItself()
    {
        // With five minutes of tolerance before and one ahead, the third of the life is over from the start.
        _coordinator.Enrolment.Lifetime = TimeSpan.FromMinutes(1);
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);
        await _coordinator.Sessions.NextAsync();

        await Eventually.TrueAsync(() => _coordinator.Enrolment.Renewed > 0);

        Assert.Equal(1, _coordinator.Enrolment.Enrolled);
    }

    [Fact]
    public async Task Start_CertificateForAnotherNode_IsNotKept()
    {
        _coordinator.Enrolment.NodeOverride = "node-2";
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);

        await Eventually.TrueAsync(() => _coordinator.Enrolment.Enrolled > 1);

        Assert.False(new IdentityFiles(_options.IdentityDirectory, TimeProvider.System).Exists);
    }

    [Fact]
    public async Task Start_TokenOfAnotherAuthority_NeverSendsTheSecret()
    {
        await using FakeCoordinator other = await FakeCoordinator.StartAsync(Path.Combine(_directory.Path, "other"));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "token"), other.Token.Reveal());
        _coordinator.Enrolment.AcceptedToken = other.Token.Reveal();
        await using AgentHarness agent = await AgentHarness.StartAsync(
            _options with { Coordinators = [_coordinator.Address, other.Address] });

        await other.Sessions.NextAsync();

        Assert.Equal(0, _coordinator.Enrolment.Enrolled);
        Assert.Equal(1, other.Enrolment.Enrolled);
    }

    private async Task EnrolAsync()
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(_options);
        await _coordinator.Sessions.NextAsync();
    }

    private async Task ConnectsAsync(int enrolled)
    {
        await _coordinator.Sessions.NextAsync();
        Assert.Equal(enrolled, _coordinator.Enrolment.Enrolled);
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

    private AgentOptions AccountOptions(X509Certificate2 authority)
    {
        string token = Path.Combine(_directory.Path, "account-token");
        string authorityFile = Path.Combine(_directory.Path, "published-ca.crt");
        File.WriteAllText(token, "header.stale.signature\n");
        File.WriteAllText(authorityFile, authority.ExportCertificatePem());
        return _options with { JoinTokenFile = "", ServiceAccountTokenFile = token, AuthorityFile = authorityFile };
    }
}
