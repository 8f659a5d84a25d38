using System.Net;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Grpc.Tests.Interop;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace K8sBackup.Grpc.Tests.Server;

/// <summary>Kestrel's limits on request bodies hold for web pages and not for calls.</summary>
public sealed class KestrelLimitsTests : IAsyncLifetime
{
    private OwnEchoServer _server = null!;

    public async Task InitializeAsync() => _server = await OwnEchoServer.StartAsync(limits: kestrel =>
    {
        kestrel.Limits.MaxRequestBodySize = 1000;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1_000_000, TimeSpan.FromSeconds(1.5));
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Upload_StreamOverTheBodyLimit_Arrives()
    {
        using var channel = _server.Connect();
        using var call = new Echo.EchoClient(channel).Upload();
        for (var i = 0; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Data = ByteString.CopyFrom(new byte[900]) });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(9000, (await call).Bytes);
    }

    [Fact]
    public async Task Chat_IdleLongerThanThePageThatIsEnded_LivesOn()
    {
        using var channel = _server.Connect();
        using var chat = new Echo.EchoClient(channel).Chat();
        await chat.RequestStream.WriteAsync(new EchoRequest());
        Assert.True(await chat.ResponseStream.MoveNext());
        var next = chat.ResponseStream.MoveNext();

        // The page's upload stalls in the same way and Kestrel ends it; by then the call has been idle for longer.
        using var client = new HttpClient();
        using var stalled = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Address, "/page/upload"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StalledContent(),
        };
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var ended = await Record.ExceptionAsync(async () =>
        {
            using var answer = await client.SendAsync(stalled, patience.Token);
            answer.EnsureSuccessStatusCode();
        });
        Assert.IsAssignableFrom<HttpRequestException>(ended);

        Assert.False(next.IsCompleted);
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "alive" });
        Assert.True(await next);
        Assert.Equal("alive", chat.ResponseStream.Current.Text);
    }

    private sealed class StalledContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[10]);
            await stream.FlushAsync();
            await new TaskCompletionSource().Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
