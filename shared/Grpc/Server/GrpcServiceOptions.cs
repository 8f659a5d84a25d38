namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services.</summary>
public class GrpcServiceOptions
{
    private int? _maxReceiveMessageSize;
    private int? _maxSendMessageSize;

    /// <summary>The largest message to send, in bytes; null (the default) for no limit.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set => (_maxSendMessageSize, IsMaxSendMessageSizeSet) = (value, true);
    }

    /// <summary>The largest message to receive, in bytes; 4 MiB unless set, null for no limit.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set => (_maxReceiveMessageSize, IsMaxReceiveMessageSizeSet) = (value, true);
    }

    /// <summary>Whether texts of unexpected exceptions are sent to clients; never unless set.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Whether unknown services are left to the rest of the application instead of answered with UNIMPLEMENTED.</summary>
    public bool? IgnoreUnknownServices { get; set; }

    /// <summary>The interceptors.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    /// <summary>Whether the send limit was set, if only to null.</summary>
    internal bool IsMaxSendMessageSizeSet { get; private set; }

    /// <summary>Whether the receive limit was set, if only to null.</summary>
    internal bool IsMaxReceiveMessageSizeSet { get; private set; }
}
