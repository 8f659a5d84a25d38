using Grpc.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>What the methods of a service run with: its own options over those of all services.</summary>
internal sealed record MethodSettings
{
    public required int? ReceiveBytesMax { get; init; }

    public required int? SendBytesMax { get; init; }

    public required bool DetailedErrors { get; init; }

    /// <summary>The outermost first.</summary>
    public required IReadOnlyList<InterceptorRegistration> Interceptors { get; init; }

    public required GrpcServerLog Log { get; init; }

    public static MethodSettings For<TService>(IServiceProvider services)
        where TService : class
    {
        var all = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        var common = all.IsMaxReceiveMessageSizeSet ? all.MaxReceiveMessageSize : MessageFrame.ReceiveBytesMaxDefault;
        return new MethodSettings
        {
            ReceiveBytesMax = own.IsMaxReceiveMessageSizeSet ? own.MaxReceiveMessageSize : common,
            SendBytesMax = own.IsMaxSendMessageSizeSet ? own.MaxSendMessageSize : all.MaxSendMessageSize,
            DetailedErrors = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false,
            Interceptors = [.. all.Interceptors, .. own.Interceptors],
            Log = new GrpcServerLog(services.GetRequiredService<ILoggerFactory>().CreateLogger(
                "Grpc.AspNetCore.Server.ServerCallHandler")),
        };
    }
}
