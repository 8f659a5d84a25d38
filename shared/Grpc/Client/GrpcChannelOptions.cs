using Grpc.Core;
using Grpc.Wire;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>Options of a channel.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Encryption and call credentials; by the address's scheme when null.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>The largest message to send, in bytes; null (the default) for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The largest message to receive, in bytes; 4 MiB by default, null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = MessageFrame.ReceiveBytesMaxDefault;

    /// <summary>Where the channel logs; nowhere when null.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The client to send with. At most one of this and <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>The handler to send with; carries TLS, keepalive and connection settings.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the given client or handler with itself.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>
    /// Whether calls that the caller cancelled, or whose deadline passed, throw OperationCanceledException instead of RpcException.
    /// </summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are also sent without TLS.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }
}
