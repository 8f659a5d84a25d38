using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace K8sBackup.Grpc.Tests.Server;

/// <summary>A deadline resets a stream only while its client may still be sending: a reset can overtake the end that waits to be written.</summary>
public sealed class RequestEndTests
{
    private static readonly byte[] s_frame = [0, 0, 0, 0, 1, 7];
    private static readonly Marshaller<byte[]> s_bytes = new(bytes => bytes, bytes => bytes);

    private readonly Pipe _request = new();
    private readonly RequestMessageReader _reader;
    private readonly Resets _resets = new();

    public RequestEndTests() => _reader = new RequestMessageReader(_request.Reader, null, CancellationToken.None);

    [Fact]
    public async Task Whole_BeforeAnythingWasRead_IsNotReset_AndCanStillBeRead()
    {
        await _request.Writer.WriteAsync(s_frame);
        await _request.Writer.CompleteAsync();

        Assert.True(_reader.IsAllReceived());
        Assert.Empty(await ResetsOfADeadlineAsync());
        Assert.Equal([7], await _reader.ReadAsync(s_bytes, default));
        Assert.Null(await _reader.ReadAsync(s_bytes, default));
    }

    [Fact]
    public async Task Whole_AfterItsLastMessageWasRead_IsNotReset()
    {
        await _request.Writer.WriteAsync(s_frame);
        await _request.Writer.CompleteAsync();
        await _reader.ReadAsync(s_bytes, default);

        Assert.Empty(await ResetsOfADeadlineAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task GoingOn_IsReset(int received)
    {
        await _request.Writer.WriteAsync(s_frame.AsMemory(0, received));

        Assert.False(_reader.IsAllReceived());
        Assert.Equal([0], await ResetsOfADeadlineAsync());
    }

    [Fact]
    public async Task GoingOn_WhileTheHandlerWaitsForTheNextMessage_IsResetAndTheMessageArrives()
    {
        Task<byte[]?> next = _reader.ReadAsync(s_bytes, default);

        Assert.Equal([0], await ResetsOfADeadlineAsync());
        await _request.Writer.WriteAsync(s_frame);
        Assert.Equal([7], await next);
    }

    [Fact]
    public async Task BrokenOff_IsReset()
    {
        await _request.Writer.CompleteAsync(new IOException("the connection was lost"));

        Assert.False(_reader.IsAllReceived());
        Assert.Equal([0], await ResetsOfADeadlineAsync());
    }

    private async Task<IReadOnlyList<int>> ResetsOfADeadlineAsync()
    {
        DefaultHttpContext context = new();
        context.Features.Set<IHttpResetFeature>(_resets);
        await new ResponseOutput(context, null, _reader.IsAllReceived).EndAtOnceAsync(new Status(StatusCode.DeadlineExceeded, ""));
        Assert.Equal("4", context.Response.Headers["grpc-status"]);
        return _resets.Codes;
    }

    private sealed class Resets : IHttpResetFeature
    {
        public List<int> Codes { get; } = [];

        public void Reset(int errorCode) => Codes.Add(errorCode);
    }
}
