namespace Grpc.Core;

/// <summary>A call that did not end with OK. Thrown by clients, and by handlers that want to answer with a status.</summary>
public class RpcException : Exception
{
    /// <summary>A failed call with this status.</summary>
    public RpcException(Status status)
        : this(status, [], status.ToString())
    {
    }

    /// <summary>A failed call with this status and an own exception message.</summary>
    public RpcException(Status status, string message)
        : this(status, [], message)
    {
    }

    /// <summary>A failed call with this status and trailers.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failed call with this status, trailers and an own exception message.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>The status.</summary>
    public Status Status { get; }

    /// <summary>The status code.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers that came, or are to be sent, with the status.</summary>
    public Metadata Trailers { get; }
}
