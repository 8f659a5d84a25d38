using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>What serving logs. Event ids are never reused.</summary>
internal sealed partial class GrpcServerLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(8201, LogLevel.Error, "The handler of {Method}, called by {Peer}, threw an exception.")]
    public partial void HandlerThrew(string method, string peer, Exception error);

    [LoggerMessage(8202, LogLevel.Information, "{Method}, called by {Peer}, ended with {StatusCode}: {Detail}")]
    public partial void CallFailed(string method, string peer, StatusCode statusCode, string detail);

    [LoggerMessage(8203, LogLevel.Debug, "{Method}, called by {Peer}, was cancelled by the client or its connection was lost.")]
    public partial void CallCancelled(string method, string peer);

    [LoggerMessage(8204, LogLevel.Debug, "{Method}, called by {Peer}, exceeded its deadline.")]
    public partial void DeadlineExceeded(string method, string peer);

    [LoggerMessage(8205, LogLevel.Debug, "The end of {Method}, called by {Peer}, could not be sent.")]
    public partial void EndNotSent(string method, string peer, Exception error);
}
