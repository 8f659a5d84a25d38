namespace Grpc.Core;

/// <summary>A call being served.</summary>
public abstract class ServerCallContext
{
    private Dictionary<object, object>? _userState;

    /// <summary>The path, <c>/service/method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The host the client asked for.</summary>
    public string Host => HostCore;

    /// <summary>The client's address, such as <c>ipv4:127.0.0.1:5000</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>When the call must have ended, UTC; DateTime.MaxValue for never.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>The headers the client sent.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Cancelled when the client gave up, its connection was lost, or the deadline passed.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>Trailers to send at the end.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>The status to end with when the handler returns.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>How responses are written.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>Who the client proved to be.</summary>
    public AuthContext AuthContext => AuthContextCore;

    /// <summary>State of this call shared by interceptors and handler.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>The path.</summary>
    protected abstract string MethodCore { get; }

    /// <summary>The host.</summary>
    protected abstract string HostCore { get; }

    /// <summary>The client's address.</summary>
    protected abstract string PeerCore { get; }

    /// <summary>The deadline.</summary>
    protected abstract DateTime DeadlineCore { get; }

    /// <summary>The request headers.</summary>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <summary>The cancellation.</summary>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <summary>The trailers.</summary>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <summary>The status.</summary>
    protected abstract Status StatusCore { get; set; }

    /// <summary>The write options.</summary>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>The client's identity.</summary>
    protected abstract AuthContext AuthContextCore { get; }

    /// <summary>The shared state.</summary>
    protected virtual IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Sends response headers now; once, and before the first response.</summary>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>A token that hands deadline and cancellation to calls made for this one.</summary>
    public ContextPropagationToken CreatePropagationToken(ContextPropagationOptions? options = null) =>
        CreatePropagationTokenCore(options);

    /// <summary>Sends response headers.</summary>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);

    /// <summary>Makes a propagation token.</summary>
    protected abstract ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options);
}
