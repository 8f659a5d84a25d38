using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body of one message. It is serialised when sent, so that HttpClient may send it again on a new connection.</summary>
internal sealed class UnaryRequestContent<TRequest> : HttpContent
{
    private readonly GrpcChannel _channel;
    private readonly Marshaller<TRequest> _marshaller;
    private readonly TRequest _request;

    public UnaryRequestContent(GrpcChannel channel, Marshaller<TRequest> marshaller, TRequest request)
    {
        (_channel, _marshaller, _request) = (channel, marshaller, request);
        Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var frame = new PooledFrame(_channel.Options.MaxSendMessageSize);
        await stream.WriteAsync(frame.Serialize(_marshaller, _request), cancellationToken).ConfigureAwait(false);

        // After a failed write the stream might still hold the array, so only a finished one gives it back.
        frame.Release();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
