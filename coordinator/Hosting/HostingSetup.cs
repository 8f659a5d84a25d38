using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.State;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>What every capability stands on: clock, logging, the listening side and the order of stopping.</summary>
public static class HostingSetup
{
    // Uploads under way get this long to reach a durable point; agents go on from there in any case.
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    // The message is last, so that a line with an exception is followed by its trace only.
    private const string LineFormat = "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Registers logging, the clock, the server and the interceptors. Nothing is read from the environment.</summary>
    public static WebApplicationBuilder AddHosting(this WebApplicationBuilder builder, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        PrivateFiles.CreateDirectory(options.State);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<IStateHome>(new FileStateHome(options.State));
        builder.Services.AddSingleton(TimeProvider.System);
        LoggingLevelSwitch level = new((LogEventLevel)(int)options.LogLevel);
        builder.Services.AddSingleton(level);
        builder.Logging.AddSerilog(Logger(level), dispose: true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTime);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MessageLimits.ReceiveBytesMax;
            grpc.MaxSendMessageSize = MessageLimits.ReceiveBytesMax;
            grpc.Interceptors.Add<FailureInterceptor>();
            grpc.Interceptors.Add<AuthorisationInterceptor>();
        });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionMemory.Factory>();
        builder.Services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(p => new ConfigureOptions<KestrelServerOptions>(kestrel =>
            CoordinatorListener.Listen(
                kestrel, options.Listen, p.GetRequiredService<ServerCertificate>().Current, p.GetRequiredService<TrustedAuthorities>())));
        builder.Services.AddHostedService<AddressFile>();
        return builder;
    }

    /// <summary>Loggers for what happens before there is a host.</summary>
    public static ILoggerFactory EarlyLogging(CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SerilogLoggerFactory(Logger(new LoggingLevelSwitch((LogEventLevel)(int)options.LogLevel)), dispose: true);
    }

    private static Serilog.Core.Logger Logger(LoggingLevelSwitch level) => new LoggerConfiguration()
        .MinimumLevel.ControlledBy(level)
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .WriteTo.Console(outputTemplate: LineFormat, formatProvider: System.Globalization.CultureInfo.InvariantCulture)
        .CreateLogger();
}
