using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using K8sBackup.Grpc.Tests.Interop;
using K8sBackup.Grpc.Tests.Interop.Protocol;

namespace K8sBackup.Grpc.Tests.Server;

/// <summary>What the server answers to requests as they stand on the wire, good and bad.</summary>
public sealed class ServerProtocolTests : IAsyncLifetime
{
    private const string Download = "/k8sbackup.test.echo.Echo/Download";
    private const string Unary = "/k8sbackup.test.echo.Echo/Unary";

    private OwnEchoServer _server = null!;

    public async Task InitializeAsync() => _server = await OwnEchoServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Post_GoodMessage_AnswersFrameAndTrailers()
    {
        var answer = await PostAsync(Frame(new EchoRequest { Text = "a" }));

        Assert.Equal((200, "0", null, false), (answer.HttpStatus, answer.GrpcStatus, answer.GrpcMessage, answer.TrailersOnly));
        Assert.Equal([0, 0, 0, 0, 3, 10, 1, (byte)'a'], answer.Content);
    }

    [Fact]
    public async Task Post_HandlerFails_AnswersTrailersOnly()
    {
        var answer = await PostAsync(Frame(new EchoRequest { Behaviour = "fail", Code = 5, Text = "ß" }));

        Assert.Equal((200, "5", "%C3%9F", true), (answer.HttpStatus, answer.GrpcStatus, answer.GrpcMessage, answer.TrailersOnly));
        Assert.Empty(answer.Content);
    }

    [Theory]
    [InlineData(new byte[] { }, "13")]
    [InlineData(new byte[] { 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 10, 9 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "12")]
    [InlineData(new byte[] { 7, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, "8")]
    public async Task Post_BadFrame_AnswersItsStatus(byte[] body, string status)
    {
        var answer = await PostAsync(body);

        Assert.Equal((200, status), (answer.HttpStatus, answer.GrpcStatus));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/grpcx")]
    [InlineData("application/json")]
    public async Task Post_OtherContentType_IsRefused(string contentType) =>
        Assert.Equal(415, (await RawCall.PostAsync(_server.Address, Unary, [], contentType)).HttpStatus);

    [Fact]
    public async Task Post_ContentTypeWithSuffix_IsServed() =>
        Assert.Equal("0", (await RawCall.PostAsync(_server.Address, Unary, Frame(new EchoRequest()), "application/grpc+proto")).GrpcStatus);

    [Fact]
    public async Task Post_GzipEncoding_IsUnimplemented()
    {
        var answer = await PostAsync(Frame(new EchoRequest()), ("grpc-encoding", "gzip"));

        Assert.Equal("12", answer.GrpcStatus);
        Assert.Contains("gzip", answer.GrpcMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/k8sbackup.test.echo.Echo/NoSuchMethod")]
    [InlineData("/no.such.Service/Method")]
    public async Task Post_UnknownMethod_IsUnimplemented(string path) =>
        Assert.Equal("12", (await RawCall.PostAsync(_server.Address, path, [])).GrpcStatus);

    [Fact]
    public async Task Post_PageOfTheApplication_StaysReachable()
    {
        using var client = new HttpClient { DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        Assert.Equal("a page", await client.GetStringAsync(new Uri(_server.Address, "/page/one")));
    }

    [Fact]
    public async Task Post_HandlerHangsPastDeadline_IsAnsweredInTime()
    {
        var watch = Stopwatch.StartNew();

        var answer = await PostAsync(Frame(new EchoRequest { Behaviour = "hang" }), ("grpc-timeout", "300m"));

        Assert.Equal(("4", "Deadline Exceeded"), (answer.GrpcStatus, answer.GrpcMessage));
        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(250));
        _server.ReleaseHangingHandler();
    }

    [Fact]
    public async Task Post_HandlerWaitsForItsToken_DeadlineCancelsIt()
    {
        var answer = await PostAsync(Frame(new EchoRequest { Behaviour = "wait" }), ("grpc-timeout", "100m"));

        Assert.Equal("4", answer.GrpcStatus);
        await _server.WaitUntilSeenAsync("wait cancelled");
    }

    [Fact]
    public async Task Post_DeadlineInTheMiddleOfAnEndlessStream_EndsInItsStatus()
    {
        var answer = await RawCall.PostAsync(
            _server.Address, Download, Frame(new EchoRequest { Count = -1 }), "application/grpc", ("grpc-timeout", "200m"));

        Assert.Equal(("4", false), (answer.GrpcStatus, answer.TrailersOnly));
        Assert.NotEmpty(answer.Content);
    }

    [Fact]
    public async Task Post_DeadlineWhileTheClientDoesNotRead_EndsTheHandler()
    {
        using var channel = _server.Connect();
        using var call = new Echo.EchoClient(channel).Download(
            new EchoRequest { Count = -1, Size = 1_000_000 },
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(0.5));

        await _server.WaitUntilSeenAsync("download cancelled");
    }

    [Fact]
    public async Task Post_StalledClientWithoutOwnDeadline_ServerResetsTheStream()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Address, Download))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(new EchoRequest { Count = -1, Size = 1_000_000 })),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("grpc-timeout", "300m");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await _server.WaitUntilSeenAsync("download cancelled");

        await Assert.ThrowsAnyAsync<IOException>(async () => await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
    }

    [Theory]
    [InlineData("3m")]
    [InlineData("99999999H")]
    [InlineData("nonsense")]
    public async Task Post_AnyTimeout_IsAnswered(string timeout)
    {
        var answer = await PostAsync(Frame(new EchoRequest()), ("grpc-timeout", timeout));

        Assert.Contains(answer.GrpcStatus, (string[])["0", "4"]);
    }

    [Fact]
    public async Task Post_DamagedBinaryHeader_IsInternal()
    {
        var answer = await PostAsync(Frame(new EchoRequest()), ("x-data-bin", "*"));

        Assert.Equal("13", answer.GrpcStatus);
    }

    [Fact]
    public async Task Post_HandlerThrows_TellsNothing()
    {
        var answer = await PostAsync(Frame(new EchoRequest { Behaviour = "throw" }));

        Assert.Equal(("2", "Exception was thrown by handler."), (answer.GrpcStatus, answer.GrpcMessage));
    }

    [Fact]
    public async Task Post_HandlerThrowsWithDetailedErrors_TellsWhat()
    {
        await using var server = await OwnEchoServer.StartAsync(configure: options => options.EnableDetailedErrors = true);

        var answer = await RawCall.PostAsync(server.Address, Unary, Frame(new EchoRequest { Behaviour = "throw" }));

        Assert.Contains("an internal detail", answer.GrpcMessage, StringComparison.Ordinal);
    }

    private static byte[] Frame(EchoRequest message)
    {
        var payload = message.ToByteArray();
        return [0, 0, 0, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];
    }

    private Task<RawAnswer> PostAsync(byte[] body, params (string Name, string Value)[] fields) =>
        RawCall.PostAsync(_server.Address, Unary, body, "application/grpc", fields);
}
