using K8sBackup.Agent.Freezing;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Agent.Hosting;

/// <summary>Puts the agent together and runs it until SIGTERM, SIGINT or a failure ends it.</summary>
internal static class AgentHost
{
    // Work is cancelled and its files closed within a second or two; a disk that hangs must not hold the node's shutdown.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using IHost host = CreateBuilder(options, TimeProvider.System).Build();
            return await RunAsync(host, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"k8sbackup-agent: the state directory cannot be used: {e.Message}");
            return ExitCodes.FaultyConfiguration;
        }
    }

    /// <summary>Everything the agent consists of; tests replace single services before they build it.</summary>
    internal static HostApplicationBuilder CreateBuilder(AgentOptions options, TimeProvider clock)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddConsoleLog(options.LogLevel);
        builder.Services
            .Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout)
            .AddSingleton(options)
            .AddSingleton(clock)
            .AddSingleton(_ => new FullJitter(new Random(), clock))
            .AddSingleton<ExitStatus>()
            .AddCoordinatorSession()
            .AddUpload()
            .AddSources()
            .AddRestore();
        return builder;
    }

    internal static async Task<int> RunAsync(IHost host, CancellationToken cancellationToken)
    {
        AgentOptions options = host.Services.GetRequiredService<AgentOptions>();
        host.Services.GetRequiredService<FreezeJournal>().ThawLeft();
        HostingLog.Starting(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("K8sBackup.Agent"), AgentVersion.Text, options.Node);
        // Running disposes the host, so what is needed afterwards is taken before.
        ExitStatus exit = host.Services.GetRequiredService<ExitStatus>();
        await host.RunAsync(cancellationToken);
        return exit.Code;
    }
}
