using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Integration.Tests;

/// <summary>Who may do what, tried against the real listener.</summary>
public sealed class AccessTests : IClassFixture<ClusterFixture>
{
    private const int EnrolmentRefused = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClusterFixture _fixture;

    public AccessTests(ClusterFixture fixture) => _fixture = fixture;

    private LocalCluster Cluster => _fixture.Cluster;

    [Fact]
    public async Task Operator_CertificateOfAnotherAuthority_IsRefused()
    {
        using CertificateAuthority stranger = CertificateAuthority.OpenOrCreate(Path.Combine(_fixture.Folder, "stranger"), "demo", TimeProvider.System);
        using CertificateAuthority real = CertificateAuthority.OpenOrCreate(Path.Combine(Cluster.State, "ca"), "demo", TimeProvider.System);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 forged = stranger.IssueClient(new PublicKey(key), new PeerIdentity("demo", Role.Operator, "admin"), TimeSpan.FromHours(1));

        RpcException error = await CallAsync(Save("forged", key, forged, real));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Operator_ExpiredCertificate_IsRefused()
    {
        using CertificateAuthority real = CertificateAuthority.OpenOrCreate(Path.Combine(Cluster.State, "ca"), "demo", TimeProvider.System);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 expired = real.IssueClient(new PublicKey(key), new PeerIdentity("demo", Role.Operator, "admin"), TimeSpan.FromMinutes(-1));

        RpcException error = await CallAsync(Save("expired", key, expired, real));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Theory]
    [InlineData(Role.Worker)]
    [InlineData(Role.ControlPlane)]
    public async Task OperatorApi_WithAnAgentsCertificate_IsDenied(Role role)
    {
        using CertificateAuthority real = CertificateAuthority.OpenOrCreate(Path.Combine(Cluster.State, "ca"), "demo", TimeProvider.System);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 agent = real.IssueClient(new PublicKey(key), new PeerIdentity("demo", role, "node-1"), TimeSpan.FromHours(1));

        RpcException error = await CallAsync(Save($"agent-{role}", key, agent, real));

        Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
    }

    [Fact]
    public async Task OperatorApi_OversizeMessage_IsRefusedAndTheConnectionLives()
    {
        using GrpcChannel channel = Channel(new IdentityFiles(Path.Combine(Path.GetDirectoryName(Cluster.ClientConfig)!, "identity"), TimeProvider.System).Load(), 64 * 1024 * 1024);
        Operator.OperatorClient client = new(channel);
        StartRestoreRequest request = new() { Paths = { ByteString.CopyFrom(new byte[MessageLimits.ReceiveBytesMax + 1]) } };

        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await client.StartRestoreAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal("demo", (await client.GetStatusAsync(new GetStatusRequest())).Cluster);
    }

    [Fact]
    public async Task Token_Expired_IsRefused()
    {
        AgentNode agent = await WithTokenAsync("expired-1", "worker");
        foreach (string file in Directory.GetFiles(Path.Combine(Cluster.State, "tokens"), "*.json"))
        {
            JsonObject record = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
            string field = record.Select(p => p.Key).Single(k => k.Equals("expiresAt", StringComparison.OrdinalIgnoreCase));
            record[field] = "2020-01-01T00:00:00+00:00";
            await File.WriteAllTextAsync(file, record.ToJsonString());
        }

        await AssertRefusedAsync(agent);
    }

    [Fact]
    public async Task Token_OfAnotherNode_IsRefused()
    {
        await Cluster.CliAsync("join-token", "--role", "worker", "--node", "right-1", "--output-file", Path.Combine(_fixture.Folder, "right.token"));
        AgentNode agent = Cluster.NewAgent("wrong-1", _fixture.Layout.HostRootOf("wrong-1"), "");
        File.Copy(Path.Combine(_fixture.Folder, "right.token"), agent.TokenFile);

        await AssertRefusedAsync(agent);
    }

    [Fact]
    public async Task Token_UsedTwice_IsRefused()
    {
        AgentNode first = await WithTokenAsync("once-1", "worker");
        string token = await File.ReadAllTextAsync(first.TokenFile);
        first.Start();
        await Cluster.WaitForNodeAsync("once-1", connected: true);
        AgentNode second = Cluster.NewAgent("once-2", _fixture.Layout.HostRootOf("once-2"), "");
        await File.WriteAllTextAsync(second.TokenFile, token);

        await AssertRefusedAsync(second);
        await first.StopAsync();
    }

    [Fact]
    public async Task Token_OfAnotherCoordinator_IsNotSent()
    {
        using CertificateAuthority stranger = CertificateAuthority.OpenOrCreate(Path.Combine(_fixture.Folder, "stranger-2"), "demo", TimeProvider.System);
        AgentNode agent = Cluster.NewAgent("astray-1", _fixture.Layout.HostRootOf("astray-1"), "");
        await File.WriteAllTextAsync(agent.TokenFile, JoinToken.Create(stranger.Certificate, TimeProvider.System).Reveal());

        agent.Start();

        await Cluster.WaitForAsync(
            () => Task.FromResult(agent.Process.HasExited || agent.Output.Contains("WRN", StringComparison.OrdinalIgnoreCase) || agent.Output.Contains("warn", StringComparison.OrdinalIgnoreCase)),
            () => $"The agent says nothing about the strange coordinator:\n{agent.Output}");
        Assert.DoesNotContain(
            (await Cluster.CliJsonAsync("nodes")).EnumerateArray(),
            node => node.GetProperty("name").GetString() == "astray-1");
    }

    [Fact]
    public async Task Token_Printed_IsNotKeptInTheClear()
    {
        string token = (await Cluster.CliJsonAsync("join-token", "--role", "worker", "--node", "kept-1")).GetProperty("token").GetString()!;
        string secret = token.Split('.')[2];

        foreach (string file in Directory.GetFiles(Cluster.State, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(secret, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(secret, Cluster.CoordinatorOutput, StringComparison.Ordinal);
    }

    private async Task<AgentNode> WithTokenAsync(string node, string role)
    {
        AgentNode agent = Cluster.NewAgent(node, _fixture.Layout.HostRootOf(node), "");
        await Cluster.CliAsync("join-token", "--role", role, "--node", node, "--output-file", agent.TokenFile);
        return agent;
    }

    private static async Task AssertRefusedAsync(AgentNode agent)
    {
        agent.Start();
        ChildProcess process = agent.Process;
        Assert.Equal(EnrolmentRefused, await process.WaitForExitAsync(Patience));
        Assert.DoesNotContain((await File.ReadAllTextAsync(agent.TokenFile)).Split('.')[2], process.Output, StringComparison.Ordinal);
    }

    private LocalIdentity Save(string name, ECDsa key, X509Certificate2 certificate, CertificateAuthority trusted)
    {
        IdentityFiles files = new(Path.Combine(_fixture.Folder, "identities", name), TimeProvider.System);
        files.Save(key, certificate, [trusted.Certificate]);
        return files.Load();
    }

    private async Task<RpcException> CallAsync(LocalIdentity identity)
    {
        using GrpcChannel channel = CoordinatorChannel.Create(Cluster.Address, identity);
        Operator.OperatorClient client = new(channel);
        return await Assert.ThrowsAsync<RpcException>(async () => await client.GetStatusAsync(new GetStatusRequest()));
    }

    private GrpcChannel Channel(LocalIdentity identity, int sendBytesMax) => GrpcChannel.ForAddress(Cluster.Address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = new System.Net.Security.SslClientAuthenticationOptions
            {
                ClientCertificates = [identity.Certificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    identity.Authorities.Check((X509Certificate2)certificate!, asServer: true).Identity is not null,
            },
        },
        DisposeHttpClient = true,
        MaxSendMessageSize = sendBytesMax,
    });
}
