using Serilog;
using Serilog.Events;

namespace K8sBackup.Agent.Hosting;

/// <summary>Logs to standard output, one line an event; exceptions keep their stack on further lines.</summary>
internal static class LogSetup
{
    private const string Template = "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffK} {Level:u3} {EventNumber} {Message:l}{NewLine}{Exception}";

    public static ILoggingBuilder AddConsoleLog(this ILoggingBuilder logging, LogLevel level)
    {
        Serilog.Core.Logger logger = new LoggerConfiguration()
            .MinimumLevel.Is(level == LogLevel.None ? LogEventLevel.Fatal : (LogEventLevel)(int)level)
            // The framework's own chatter is of interest only to who asks for it.
            .MinimumLevel.Override("Microsoft", level <= LogLevel.Debug ? LogEventLevel.Information : LogEventLevel.Warning)
            .MinimumLevel.Override("System", level <= LogLevel.Debug ? LogEventLevel.Information : LogEventLevel.Warning)
            .MinimumLevel.Override("Grpc", level <= LogLevel.Debug ? LogEventLevel.Information : LogEventLevel.Warning)
            .Enrich.With(new EventNumberEnricher())
            .WriteTo.Console(outputTemplate: Template, formatProvider: System.Globalization.CultureInfo.InvariantCulture)
            .CreateLogger();
        logging.SetMinimumLevel(LogLevel.Trace);
        return logging.AddSerilog(logger, dispose: true);
    }
}
