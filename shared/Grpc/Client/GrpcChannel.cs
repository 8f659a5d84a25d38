using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// Calls to one address over HTTP/2. Connections are opened by need and shared by all calls; thread-safe, made once and kept.
/// Disposing cancels the calls in progress.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker _sender;
    private readonly bool _disposeSender;
    private readonly CancellationTokenSource _disposed = new();

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        Address = address;
        Options = options;
        CallCredentials = ChannelCallCredentials(address, options);
        (_sender, _disposeSender) = Sender(options);
        Log = new GrpcClientLog(options.LoggerFactory);
    }

    /// <summary>The address.</summary>
    internal Uri Address { get; }

    /// <summary>The options as given.</summary>
    internal GrpcChannelOptions Options { get; }

    /// <summary>What the channel adds to each call.</summary>
    internal CallCredentials? CallCredentials { get; }

    /// <summary>The channel's log.</summary>
    internal GrpcClientLog Log { get; }

    /// <summary>Cancelled when the channel is disposed.</summary>
    internal CancellationToken Disposed => _disposed.Token;

    /// <summary>A channel to an address such as <c>https://host:port</c>, with default options.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address with these options.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address), channelOptions);
    }

    /// <summary>A channel to an address, with default options.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>
    /// A channel to an address with these options. Throws ArgumentException for options that contradict each other and
    /// InvalidOperationException for credentials that do not fit the scheme.
    /// </summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"A gRPC address is an absolute http or https address: {address}.", nameof(address));
        }

        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return new HttpCallInvoker(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed.IsCancellationRequested)
        {
            return;
        }

        _disposed.Cancel();
        if (_disposeSender)
        {
            _sender.Dispose();
        }
    }

    /// <summary>Sends a request and returns when the response headers came.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);

        // As a plain HttpMessageInvoker an HttpClient would buffer the whole response.
        return _sender is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _sender.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static (HttpMessageInvoker Sender, bool DisposeSender) Sender(GrpcChannelOptions options)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
        {
            throw new ArgumentException("HttpClient and HttpHandler cannot both be set.", nameof(options));
        }

        if (options.HttpClient is not null)
        {
            return (options.HttpClient, options.DisposeHttpClient);
        }

        // One connection carries as many streams as the server allows (Kestrel: 100); without further connections
        // the calls above that wait silently.
        var handler = options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        var own = options.HttpHandler is null || options.DisposeHttpClient;
        return (new HttpMessageInvoker(handler, disposeHandler: own), true);
    }

    private static CallCredentials? ChannelCallCredentials(Uri address, GrpcChannelOptions options)
    {
        if (options.Credentials is not { } credentials)
        {
            return null;
        }

        var isSecureAddress = address.Scheme == Uri.UriSchemeHttps;
        if (credentials.IsSecure != isSecureAddress)
        {
            throw new InvalidOperationException(
                $"The channel's credentials are {(credentials.IsSecure ? "TLS" : "insecure")}, its address is {address.Scheme}.");
        }

        return isSecureAddress || options.UnsafeUseInsecureChannelCallCredentials ? credentials.CallCredentials : null;
    }
}
