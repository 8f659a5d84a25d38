using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using K8sBackup.TestKit.Certificates;
using K8sBackup.TestKit.Processes;
using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>Peers that die, freeze, are not there, or are not who they should be.</summary>
public sealed class LostPeerTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _soon = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MoveNext_ServerKilled_IsUnavailable(bool useTls)
    {
        await using var server = await GrpcioEchoServer.StartAsync(useTls);
        using var channel = server.Connect();
        using var call = new Echo.EchoClient(channel).Chat();
        await call.RequestStream.WriteAsync(new EchoRequest());
        Assert.True(await call.ResponseStream.MoveNext());
        var read = call.ResponseStream.MoveNext();

        server.Process.Kill();

        AssertUnavailable(await Assert.ThrowsAsync<RpcException>(() => read.WaitAsync(_soon)));
    }

    [Fact]
    public async Task WriteAsync_ServerKilled_IsUnavailable()
    {
        await using var server = await GrpcioEchoServer.StartAsync();
        using var channel = server.Connect();
        using var call = new Echo.EchoClient(channel).Upload();
        await call.RequestStream.WriteAsync(new EchoRequest());
        server.Process.Kill();

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new EchoRequest()).WaitAsync(_soon);
            }
        });

        AssertUnavailable(error);
        AssertUnavailable(await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(_soon)));
    }

    [Fact]
    public async Task MoveNext_ServerFrozen_KeepaliveFindsIt()
    {
        await using var server = await GrpcioEchoServer.StartAsync();
        var handler = server.Handler();
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        using var channel = server.Connect(options => options.HttpHandler = handler);
        using var call = new Echo.EchoClient(channel).Chat();
        await call.RequestStream.WriteAsync(new EchoRequest());
        Assert.True(await call.ResponseStream.MoveNext());

        server.Process.Freeze();

        AssertUnavailable(await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().WaitAsync(_soon)));
        server.Process.Thaw();
    }

    [Fact]
    public async Task CancellationToken_ClientKilled_IsCancelled()
    {
        await using var server = await OwnEchoServer.StartAsync();
        await using var client = ChildProcess.Start(
            GrpcioStubs.Python,
            GrpcioClientRun.Arguments(server, "", issuer: null, "wait_for_ever"),
            await GrpcioStubs.EnvironmentAsync());
        await server.WaitUntilSeenAsync("waiting");

        client.Kill();

        await server.WaitUntilSeenAsync("wait cancelled");
    }

    [Fact]
    public async Task UnaryAsync_NobodyListens_IsUnavailable()
    {
        Uri address;
        await using (var server = await OwnEchoServer.StartAsync())
        {
            address = server.Address;
        }

        using var channel = GrpcChannel.ForAddress(address);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync.WaitAsync(_soon));

        AssertUnavailable(error);
        Assert.Contains("Connection refused", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(address.Authority, error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own", "none")]
    [InlineData("own", "foreign")]
    [InlineData("grpcio", "none")]
    [InlineData("grpcio", "foreign")]
    public async Task UnaryAsync_MissingOrForeignClientCertificate_IsUnavailable(string peer, string certificate)
    {
        await using EchoServer server = peer == "own"
            ? await OwnEchoServer.StartAsync(useTls: true)
            : await GrpcioEchoServer.StartAsync(useTls: true);
        using var foreignAuthority = TestCertificateAuthority.Create("another authority");
        using var foreign = foreignAuthority.IssueClient("node-1");
        var handler = server.Handler(foreign);
        if (certificate == "none")
        {
            handler.SslOptions.ClientCertificates = null;
        }

        using var channel = server.Connect(options => options.HttpHandler = handler);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync.WaitAsync(_soon));

        AssertUnavailable(error);
        Assert.Contains("client certificate", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnaryAsync_ServerOfForeignAuthority_IsUnavailableAndSaysWhy()
    {
        await using var server = await OwnEchoServer.StartAsync(useTls: true);
        using var foreign = TestCertificateAuthority.Create("another authority");
        var handler = server.Handler();
        handler.SslOptions.CertificateChainPolicy = foreign.ChainPolicy();
        using var channel = server.Connect(options => options.HttpHandler = handler);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync.WaitAsync(_soon));

        AssertUnavailable(error);
        Assert.Contains("TLS", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listen_GrpcioClientWithoutGoodCertificate_IsRejected(bool foreignCertificate)
    {
        await using var server = await OwnEchoServer.StartAsync(useTls: true);
        using var foreign = TestCertificateAuthority.Create("another authority");

        var result = await GrpcioClientRun.RunAsync(server, foreignCertificate ? foreign : null, "rejected");

        Assert.True(result.ExitCode == 0, result.StandardOutput + result.StandardError);
    }

    private void AssertUnavailable(RpcException error)
    {
        output.WriteLine(error.Status.Detail);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }
}
