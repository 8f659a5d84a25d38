using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Grpc.Tests.Interop.Protocol;

namespace K8sBackup.Grpc.Tests.Interop;

/// <content>Errors, limits, deadlines and cancellation.</content>
public abstract partial class EchoClientContract
{
    private static readonly TimeSpan _soon = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(StatusCode.NotFound, "no snapshot »etcd-1« — 100 % gone\n二")]
    [InlineData(StatusCode.Unauthenticated, "")]
    public async Task UnaryAsync_HandlerFails_GivesStatusWithText(StatusCode code, string text)
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest { Behaviour = "fail", Code = (int)code, Text = text }));

        Assert.Equal((code, text), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task UnaryAsync_HandlerFailsWithTrailers_GivesTrailers()
    {
        var error = await FailAsync(_client.UnaryAsync(
            new EchoRequest { Behaviour = "fail with trailers", Code = (int)StatusCode.Aborted, Text = "x" }));

        Assert.Equal([0, 255, 7], error.Trailers.GetValueBytes("why-bin"));
    }

    [Fact]
    public async Task UnaryAsync_HandlerSetsStatus_GivesStatus()
    {
        var error = await FailAsync(_client.UnaryAsync(
            new EchoRequest { Behaviour = "status", Code = (int)StatusCode.Aborted, Text = "set" }));

        Assert.Equal((StatusCode.Aborted, "set"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task UnaryAsync_HandlerThrows_IsUnknown()
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest { Behaviour = "throw" }));

        Assert.Equal(StatusCode.Unknown, error.StatusCode);
    }

    [Fact]
    public async Task MissingAsync_MethodNotImplemented_IsUnimplemented()
    {
        var error = await FailAsync(_client.MissingAsync(new EchoRequest()));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task AsyncUnaryCall_UnknownService_IsUnimplemented()
    {
        var marshaller = Marshallers.Create(EchoRequestBytes, EchoRequest.Parser.ParseFrom);
        var method = new Method<EchoRequest, EchoRequest>(MethodType.Unary, "no.such.Service", "Call", marshaller, marshaller);

        var error = await FailAsync(_channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new EchoRequest()));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_ReplyOverLimit_IsResourceExhausted()
    {
        using var channel = _server.Connect(options => options.MaxReceiveMessageSize = 1000);

        var error = await FailAsync(new Echo.EchoClient(channel).UnaryAsync(
            new EchoRequest { Data = ByteString.CopyFrom(new byte[1001]) }));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_RequestOverOwnLimit_IsResourceExhausted()
    {
        using var channel = _server.Connect(options => options.MaxSendMessageSize = 1000);

        var error = await FailAsync(new Echo.EchoClient(channel).UnaryAsync(
            new EchoRequest { Data = ByteString.CopyFrom(new byte[1001]) }));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task WriteAsync_RequestOverOwnLimit_EndsTheCall()
    {
        using var channel = _server.Connect(options => options.MaxSendMessageSize = 1000);
        using var call = new Echo.EchoClient(channel).Upload();

        var error = await Assert.ThrowsAsync<RpcException>(
            () => call.RequestStream.WriteAsync(new EchoRequest { Data = ByteString.CopyFrom(new byte[1001]) }));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, (await FailAsync(call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_RequestOverServerLimit_IsResourceExhausted()
    {
        var data = ByteString.CopyFrom(new byte[EchoServer.ServerReceiveBytesMax + 1]);

        var error = await FailAsync(_client.UnaryAsync(new EchoRequest { Data = data }));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    [Fact]
    public async Task Upload_ServerFailsInTheMiddle_GivesTheServersStatus()
    {
        using var call = _client.Upload();
        var request = new EchoRequest { Data = ByteString.CopyFrom(new byte[MiB]) };
        var refusal = new EchoRequest { Behaviour = "fail", Code = (int)StatusCode.PermissionDenied, Text = "not your run" };

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await call.RequestStream.WriteAsync(refusal);
            while (true)
            {
                await call.RequestStream.WriteAsync(request).WaitAsync(_soon);
            }
        });

        Assert.Equal((StatusCode.PermissionDenied, "not your run"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(StatusCode.PermissionDenied, (await FailAsync(call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_HandlerHangs_DeadlineEndsTheCall()
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest { Behaviour = "hang" }, deadline: In(0.4)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        _server.ReleaseHangingHandler();
    }

    [Fact]
    public async Task UnaryAsync_DeadlinePassedBefore_EndsAtOnce()
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest(), deadline: In(-1)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_Deadline_ReachesTheServer()
    {
        var reply = await _client.UnaryAsync(new EchoRequest { Behaviour = "deadline" }, deadline: In(100));

        Assert.InRange(double.Parse(reply.Text, System.Globalization.CultureInfo.InvariantCulture), 60, 100.01);
    }

    [Fact]
    public async Task UnaryAsync_DeadlinePasses_ServerSeesIt()
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest { Behaviour = "wait" }, deadline: In(0.3)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await _server.WaitUntilSeenAsync("wait cancelled");
    }

    [Fact]
    public async Task UnaryAsync_Cancelled_BothSidesSeeIt()
    {
        using var cancellation = new CancellationTokenSource();
        var call = _client.UnaryAsync(new EchoRequest { Behaviour = "wait" }, cancellationToken: cancellation.Token);
        await _server.WaitUntilSeenAsync("waiting");

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await FailAsync(call)).StatusCode);
        await _server.WaitUntilSeenAsync("wait cancelled");
    }

    [Fact]
    public async Task UnaryAsync_CancelledBefore_IsCancelled()
    {
        var error = await FailAsync(_client.UnaryAsync(new EchoRequest(), cancellationToken: new CancellationToken(true)));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
    }

    [Fact]
    public async Task UnaryAsync_CancelledWithThrowOption_ThrowsOperationCanceled()
    {
        using var channel = _server.Connect(options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancellation = new CancellationTokenSource();
        var call = new Echo.EchoClient(channel).UnaryAsync(
            new EchoRequest { Behaviour = "wait" }, cancellationToken: cancellation.Token);
        await _server.WaitUntilSeenAsync("waiting");

        await cancellation.CancelAsync();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => call.ResponseAsync);
        Assert.Equal(cancellation.Token, error.CancellationToken);
    }

    [Fact]
    public async Task Download_DisposedHalfWay_ServerSeesIt()
    {
        using (var call = _client.Download(new EchoRequest { Count = -1, Size = 100_000 }))
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        await _server.WaitUntilSeenAsync("download cancelled");
    }

    [Fact]
    public async Task MoveNext_TokenCancelled_CancelsTheCall()
    {
        using var call = _client.Chat();
        using var cancellation = new CancellationTokenSource();
        var read = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => read)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Upload_CancelledHalfWay_ServerSeesIt()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.Upload(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "1" });
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "wait" });
        await _server.WaitUntilSeenAsync("waiting");

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await FailAsync(call.ResponseAsync)).StatusCode);
        await _server.WaitUntilSeenAsync("wait cancelled");
    }

    [Fact]
    public async Task WriteAsync_AfterCompleteOrTwiceAtOnce_IsRefused()
    {
        using var call = _client.Chat();
        await call.RequestStream.WriteAsync(new EchoRequest());
        await call.RequestStream.CompleteAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest()));
    }

    [Fact]
    public async Task Dispose_Channel_EndsItsCalls()
    {
        using var channel = _server.Connect();
        using var call = new Echo.EchoClient(channel).Chat();
        await call.RequestStream.WriteAsync(new EchoRequest());
        Assert.True(await call.ResponseStream.MoveNext());
        var read = call.ResponseStream.MoveNext();

        channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => read)).StatusCode);
    }

    private static byte[] EchoRequestBytes(EchoRequest request) => request.ToByteArray();

    private static DateTime In(double seconds) => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);

    private static Task<RpcException> FailAsync<T>(AsyncUnaryCall<T> call) => FailAsync(call.ResponseAsync);

    private static Task<RpcException> FailAsync(Task response) =>
        Assert.ThrowsAsync<RpcException>(() => response.WaitAsync(_soon));
}
