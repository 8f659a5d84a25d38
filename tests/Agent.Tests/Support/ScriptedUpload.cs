using System.Threading.Channels;
using Grpc.Core;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>One upload call without a network: the test decides what a write does and what is read, in which order.</summary>
internal sealed class ScriptedUpload : CallInvoker, IClientStreamWriter<UploadRequest>, IAsyncStreamReader<UploadResponse>
{
    private readonly Channel<UploadResponse> _answers = Channel.CreateUnbounded<UploadResponse>();
    private UploadResponse? _current;

    /// <summary>What a write does, besides being taken.</summary>
    public required Action<ScriptedUpload, UploadRequest> OnWrite { get; init; }

    public Transport.V1.Upload.UploadClient Client => new(this);

    public UploadResponse Current => _current ?? throw new InvalidOperationException("Nothing was read yet.");

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>The coordinator's answers to a header it accepts.</summary>
    public void Accept()
    {
        Answer(new UploadResponse { Accepted = new Accepted { WindowBytes = 1024 * 1024, CutterKey = Google.Protobuf.ByteString.CopyFrom(new byte[32]) } });
        Answer(new UploadResponse { Known = new KnownChunks { Last = true } });
    }

    public void Answer(UploadResponse response) => Assert.True(_answers.Writer.TryWrite(response));

    /// <summary>Ends the call, with OK or with the status given.</summary>
    public void End(StatusCode status = StatusCode.OK, string detail = "") =>
        _answers.Writer.TryComplete(status == StatusCode.OK ? null : new RpcException(new Status(status, detail)));

    public Task WriteAsync(UploadRequest message)
    {
        OnWrite(this, message);
        return Task.CompletedTask;
    }

    public Task WriteAsync(UploadRequest message, CancellationToken cancellationToken) => WriteAsync(message);

    public Task CompleteAsync() => Task.CompletedTask;

    public async Task<bool> MoveNext(CancellationToken cancellationToken) =>
        await _answers.Reader.WaitToReadAsync(cancellationToken) && _answers.Reader.TryRead(out _current);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => new(
            (IClientStreamWriter<TRequest>)(object)this,
            (IAsyncStreamReader<TResponse>)(object)this,
            Task.FromResult(new Metadata()),
            () => Status.DefaultSuccess,
            () => [],
            () => End(StatusCode.Cancelled, "The call was disposed."));

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
}
