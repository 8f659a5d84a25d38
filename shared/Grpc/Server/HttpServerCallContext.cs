using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>A served call over an HTTP/2 request.</summary>
internal sealed class HttpServerCallContext : ServerCallContext, IAsyncDisposable
{
    private readonly ServedDeadline? _deadline;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private string? _peer;

    /// <summary>A call whose deadline runs from now.</summary>
    public HttpServerCallContext(HttpContext httpContext, MethodSettings settings)
    {
        HttpContext = httpContext;
        Settings = settings;
        Reader = new RequestMessageReader(httpContext.Request.BodyReader, settings.ReceiveBytesMax, httpContext.RequestAborted);
        Output = new ResponseOutput(httpContext, settings.SendBytesMax, Reader.IsAllReceived);
        if (TimeoutHeader.TryDecode(httpContext.Request.Headers[GrpcHeaders.Timeout], out var timeout))
        {
            _deadline = new ServedDeadline(TimeProvider.System, timeout, Output, httpContext.RequestAborted);
        }
    }

    public HttpContext HttpContext { get; }

    public MethodSettings Settings { get; }

    public ResponseOutput Output { get; }

    public RequestMessageReader Reader { get; }

    /// <summary>Whether the deadline passed, and its status was or is being sent.</summary>
    public bool IsDeadlineExceeded => _deadline?.IsExceeded ?? false;

    protected override string MethodCore => HttpContext.Request.Path.Value!;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => _peer ??= PeerIdentity.Address(HttpContext.Connection);

    protected override DateTime DeadlineCore => _deadline?.Time ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders(HttpContext.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _deadline?.CancellationToken ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore =>
        _authContext ??= PeerIdentity.AuthContext(HttpContext.Connection.ClientCertificate);

    /// <summary>Stops the deadline and waits until it no longer touches the request.</summary>
    public ValueTask DisposeAsync() => _deadline?.DisposeAsync() ?? ValueTask.CompletedTask;

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return Output.WriteHeadersAsync(responseHeaders, CancellationToken);
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        new ServedCallPropagation(this, options ?? ContextPropagationOptions.Default);

    private static Metadata ReadHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                try
                {
                    MetadataFields.AddField(metadata, name, value ?? "");
                }
                catch (Exception error) when (error is FormatException or ArgumentException)
                {
                    throw new RpcException(new Status(StatusCode.Internal, error.Message, error));
                }
            }
        }

        return metadata;
    }
}
