using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>What a channel logs. Event ids are never reused.</summary>
internal sealed partial class GrpcClientLog(ILoggerFactory? loggerFactory)
{
    private readonly ILogger _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Grpc.Net.Client.GrpcChannel");

    [LoggerMessage(8101, LogLevel.Debug, "{Method} on {Authority} ended with {StatusCode}: {Detail}")]
    public partial void CallFailed(string method, string authority, StatusCode statusCode, string detail);
}
