using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Grpc.Tests.Interop.Protocol;

namespace K8sBackup.Grpc.Tests.Client;

public sealed class GrpcChannelTests
{
    [Theory]
    [InlineData("ftp://host:1")]
    [InlineData("unix:/run/x.sock")]
    public void ForAddress_OtherScheme_Throws(string address) =>
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public void ForAddress_ClientAndHandler_Throws()
    {
        using var client = new HttpClient();
        using var handler = new SocketsHttpHandler();

        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(
            "http://localhost:1", new GrpcChannelOptions { HttpClient = client, HttpHandler = handler }));
    }

    [Theory]
    [InlineData("http://localhost:1", true)]
    [InlineData("https://localhost:1", false)]
    public void ForAddress_CredentialsOfTheOtherKind_Throws(string address, bool secure) =>
        Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(
            address, new GrpcChannelOptions { Credentials = secure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure }));

    [Fact]
    public void Target_OfAddress_IsItsAuthority()
    {
        using var channel = GrpcChannel.ForAddress("https://host:2379");

        Assert.Equal("host:2379", channel.Target);
    }

    [Fact]
    public async Task ShutdownAsync_Channel_RefusesNewInvokers()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost:1");

        await channel.ShutdownAsync();

        Assert.Throws<ObjectDisposedException>(channel.CreateCallInvoker);
    }

    [Fact]
    public async Task UnaryAsync_DeadlineInLocalTime_Throws()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost:1");
        var local = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Local);

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest(), deadline: local));
    }

    // What a server that refuses the client certificate looks like to the write that comes too late.
    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task UnaryAsync_ConnectionClosedUnderTheRequest_NamesTheClientCertificateWhereThereIsOne(string scheme, bool named)
    {
        using FailingHandler handler = new(new HttpRequestException("x", new IOException("y", new SocketException((int)SocketError.Shutdown))));
        using var channel = GrpcChannel.ForAddress($"{scheme}://localhost:1", new GrpcChannelOptions { HttpHandler = handler });

        var error = await Assert.ThrowsAsync<RpcException>(() => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(named, error.Status.Detail.Contains("client certificate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UnaryAsync_TlsFails_SaysWhyAndNotWhereToLook()
    {
        using FailingHandler handler = new(new HttpRequestException("No SSL, see inner exception.", new AuthenticationException("rejected")));
        using var channel = GrpcChannel.ForAddress("https://localhost:1", new GrpcChannelOptions { HttpHandler = handler });

        var error = await Assert.ThrowsAsync<RpcException>(() => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync);

        Assert.Equal("TLS with localhost:1 failed: rejected", error.Status.Detail);
    }

    private sealed class FailingHandler(Exception fault) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromException<HttpResponseMessage>(fault);
    }
}
