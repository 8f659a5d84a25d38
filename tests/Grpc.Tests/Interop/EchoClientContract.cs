using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>What this runtime's client does against any server of the test service.</summary>
public abstract partial class EchoClientContract(ITestOutputHelper output) : IAsyncLifetime
{
    private const int MiB = 1024 * 1024;

    private EchoServer _server = null!;
    private GrpcChannel _channel = null!;
    private Echo.EchoClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await StartServerAsync();
        output.WriteLine($"server: {_server.Version} at {_server.Address}");
        _channel = _server.Connect();
        _client = new Echo.EchoClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task UnaryAsync_Request_ReturnsReply()
    {
        using var call = _client.UnaryAsync(new EchoRequest { Text = "grüß", Data = ByteString.CopyFrom(1, 2, 3) });

        var reply = await call;

        Assert.Equal(("grüß", 3), (reply.Text, reply.Bytes));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public void Unary_Blocking_ReturnsReply() => Assert.Equal("a", _client.Unary(new EchoRequest { Text = "a" }).Text);

    [Fact]
    public async Task UnaryAsync_EmptyMessages_ReturnsEmptyReply() => Assert.Equal(new EchoReply(), await _client.UnaryAsync(new EchoRequest()));

    [Fact]
    public async Task UnaryAsync_MessageOfManyFrames_ComesBackWhole()
    {
        using var channel = _server.Connect(options => options.MaxReceiveMessageSize = EchoServer.ServerReceiveBytesMax);
        var data = new byte[6 * MiB];
        new Random(1).NextBytes(data);

        var reply = await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest { Data = ByteString.CopyFrom(data) });

        Assert.True(reply.Data.Span.SequenceEqual(data));
    }

    [Fact]
    public async Task Upload_64MiB_AllArrives()
    {
        using var call = _client.Upload();
        var request = new EchoRequest { Data = ByteString.CopyFrom(new byte[MiB]) };
        for (var i = 0; i < 64; i++)
        {
            await call.RequestStream.WriteAsync(request);
        }

        await call.RequestStream.CompleteAsync();
        var reply = await call;

        Assert.Equal((64, 64L * MiB), (reply.Count, reply.Bytes));
    }

    [Fact]
    public async Task Upload_NoMessages_ReturnsReply()
    {
        using var call = _client.Upload();
        await call.RequestStream.CompleteAsync();

        Assert.Equal(0, (await call).Count);
    }

    [Fact]
    public async Task Download_64MiB_AllArrivesInOrder()
    {
        using var call = _client.Download(new EchoRequest { Count = 64, Size = MiB });
        var (count, bytes) = (0L, 0L);
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(count++, reply.Count);
            bytes += reply.Data.Length;
        }

        Assert.Equal((64, 64L * MiB), (count, bytes));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Download_ThousandSmallMessages_ArriveInOrder()
    {
        using var call = _client.Download(new EchoRequest { Count = 1000, Size = 37 });
        var replies = await call.ResponseStream.ReadAllAsync().Select(reply => reply.Count).ToListAsync();

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), replies);
    }

    [Fact]
    public async Task Download_ErrorAfterMessages_MessagesThenStatus()
    {
        using var call = _client.Download(
            new EchoRequest { Count = 3, Size = 1, Behaviour = "fail", Code = (int)StatusCode.DataLoss, Text = "torn" });
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.DataLoss, "torn"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Chat_200Rounds_EveryRequestIsAnswered()
    {
        using var call = _client.Chat();
        for (var i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Chat_ServerSpeaksFirst_ClientHears()
    {
        using var call = _client.Chat([new Metadata.Entry("speak-first", "hello")]);

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("hello", call.ResponseStream.Current.Text);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Chat_150AtOnce_AllAreServed()
    {
        var calls = Enumerable.Range(0, 150).Select(_ => _client.Chat()).ToList();
        foreach (var round in new[] { "a", "b" })
        {
            // Every call is open before any is answered for the second time.
            await Task.WhenAll(calls.Select(async call =>
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Text = round });
                Assert.True(await call.ResponseStream.MoveNext());
                Assert.Equal(round, call.ResponseStream.Current.Text);
            })).WaitAsync(TimeSpan.FromSeconds(60));
        }

        calls.ForEach(call => call.Dispose());
    }

    [Fact]
    public async Task UnaryAsync_Metadata_ComesBackAsHeadersAndTrailers()
    {
        var headers = new Metadata { { "X-Text", "a b,c" }, { "x-data-bin", [0, 1, 254, 255] }, { "x-twice", "1" }, { "x-twice", "2" } };
        using var call = _client.UnaryAsync(new EchoRequest(), headers);

        var received = await call.ResponseHeadersAsync;
        await call;
        var trailers = call.GetTrailers();

        Assert.Equal("a b,c", received.GetValue("x-text"));
        Assert.Equal([0, 1, 254, 255], received.GetValueBytes("x-data-bin"));

        // HttpClient sends equal fields as one, which HTTP allows; the values stay in order.
        Assert.Equal("1, 2", string.Join(", ", received.GetAll("x-twice").Select(entry => entry.Value)));
        Assert.Equal("a b,c", trailers.GetValue("tx-text"));
        Assert.Equal([0, 1, 254, 255], trailers.GetValueBytes("tx-data-bin"));
        Assert.DoesNotContain(trailers, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Download_Headers_ArriveBeforeTheFirstMessage()
    {
        using var call = _client.Download(
            new EchoRequest { Count = 0, Behaviour = "wait" }, [new Metadata.Entry("x-early", "1")]);

        var headers = await call.ResponseHeadersAsync.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal("1", headers.GetValue("x-early"));
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(call.GetTrailers);
    }

    protected abstract Task<EchoServer> StartServerAsync();
}
