using Grpc.Core;
using Grpc.Net.Client;
using K8sBackup.Grpc.Tests.Interop.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace K8sBackup.Grpc.Tests.Client;

/// <summary>What the client makes of answers that are not as they should be.</summary>
public sealed class ClientProtocolTests(ITestOutputHelper output)
{
    private static readonly byte[] _message = [0, 0, 0, 0, 3, 10, 1, (byte)'a'];

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task UnaryAsync_HttpError_IsMapped(int httpStatus, StatusCode expected)
    {
        var error = await FailAsync(context =>
        {
            context.Response.StatusCode = httpStatus;
            return Task.CompletedTask;
        });

        Assert.Equal(expected, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_WebPage_IsUnknown()
    {
        var error = await FailAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<p>log in");
        });

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
        Assert.Contains("text/html", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnaryAsync_NoStatus_IsUnknown() =>
        Assert.Equal(StatusCode.Unknown, (await FailAsync(context => AnswerAsync(context, _message, status: null))).StatusCode);

    [Theory]
    [InlineData("99")]
    [InlineData("x")]
    [InlineData("-1")]
    public async Task UnaryAsync_StatusNobodyKnows_IsUnknown(string status) =>
        Assert.Equal(StatusCode.Unknown, (await FailAsync(context => AnswerAsync(context, _message, status))).StatusCode);

    [Theory]
    [InlineData(new byte[] { }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 10 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 10, 9 }, StatusCode.Internal)]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, StatusCode.Unimplemented)]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, StatusCode.Internal)]
    [InlineData(new byte[] { 0, 127, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, StatusCode.ResourceExhausted)]
    public async Task UnaryAsync_BadMessages_AreErrors(byte[] body, StatusCode expected) =>
        Assert.Equal(expected, (await FailAsync(context => AnswerAsync(context, body, "0"))).StatusCode);

    [Fact]
    public async Task UnaryAsync_DamagedBinaryTrailer_IsInternal() =>
        Assert.Equal(StatusCode.Internal, (await FailAsync(async context =>
        {
            await AnswerAsync(context, _message, "0");
            context.Response.AppendTrailer("x-bin", "*");
        })).StatusCode);

    [Theory]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    [InlineData(0x2, StatusCode.Internal)]
    public async Task UnaryAsync_StreamReset_IsMappedByCode(int code, StatusCode expected)
    {
        RequestDelegate reset = context =>
        {
            context.Features.Get<IHttpResetFeature>()!.Reset(code);
            return Task.CompletedTask;
        };

        Assert.Equal(expected, (await FailAsync(reset)).StatusCode);
        await using var server = await RawServer.StartAsync(reset);
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var upload = new Echo.EchoClient(channel).Upload();
        var error = await Assert.ThrowsAsync<RpcException>(() => upload.ResponseAsync.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(expected, error.StatusCode);
    }

    [Fact]
    public async Task MoveNext_StreamResetAfterMessages_MessagesThenError()
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(_message);
            await context.Response.Body.FlushAsync();
            await context.Request.Body.ReadExactlyAsync(new byte[5]);
            context.Features.Get<IHttpResetFeature>()!.Reset(2);
        });
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new Echo.EchoClient(channel).Chat();

        Assert.True(await call.ResponseStream.MoveNext());
        await call.RequestStream.WriteAsync(new EchoRequest());

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task MoveNext_OverAGivenHttpClient_MessagesComeOneByOne()
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(_message);
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var client = new HttpClient();
        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpClient = client });
        using var call = new Echo.EchoClient(channel).Chat();

        // The response ends only after the requests do: a client that buffers it never gets here.
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(TimeSpan.FromMinutes(1)));
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task UnaryAsync_ServerWithoutHttp2_IsUnavailableAndSaysSo()
    {
        await using var server = await RawServer.StartAsync(_ => Task.CompletedTask, HttpProtocols.Http1);
        using var channel = GrpcChannel.ForAddress(server.Address);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync);

        output.WriteLine(error.Status.Detail);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("HTTP/2", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_ServerEndsWithOkAndReadsNoMore_SaysTheCallIsComplete()
    {
        await using var server = await RawServer.StartAsync(context => AnswerAsync(context, [], "0"));
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new Echo.EchoClient(channel).Chat();
        Assert.False(await call.ResponseStream.MoveNext());

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest()));
    }

    [Fact]
    public async Task UnaryAsync_MetadataOfTheProtocol_IsRefused()
    {
        await using var server = await RawServer.StartAsync(context => AnswerAsync(context, _message, "0"));
        using var channel = GrpcChannel.ForAddress(server.Address);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest(), [new Metadata.Entry("grpc-timeout", "1S")]).ResponseAsync);

        Assert.Equal(StatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_CallCredentials_SendTheirHeaderOnlyWhereAllowed()
    {
        var seen = new List<string>();
        await using var server = await RawServer.StartAsync(context =>
        {
            seen.Add(context.Request.Headers.Authorization.ToString());
            return AnswerAsync(context, _message, "0");
        });
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("authorization", $"{context.ServiceUrl} {context.MethodName}");
            return Task.CompletedTask;
        });
        foreach (var allowed in new[] { false, true })
        {
            using var channel = GrpcChannel.ForAddress(
                server.Address,
                new GrpcChannelOptions
                {
                    Credentials = ChannelCredentials.Create(ChannelCredentials.Insecure, credentials),
                    UnsafeUseInsecureChannelCallCredentials = allowed,
                });
            await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest());
        }

        Assert.Equal(["", $"{server.Address.GetLeftPart(UriPartial.Authority)}/k8sbackup.test.echo.Echo Unary"], seen);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] body, string? status)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(body);
        await context.Response.Body.FlushAsync();
        if (status is not null)
        {
            context.Response.AppendTrailer("grpc-status", status);
        }
    }

    private async Task<RpcException> FailAsync(RequestDelegate answer)
    {
        await using var server = await RawServer.StartAsync(answer);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var error = await Assert.ThrowsAsync<RpcException>(
            () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync.WaitAsync(TimeSpan.FromMinutes(1)));
        output.WriteLine(error.Status.Detail);
        return error;
    }
}
