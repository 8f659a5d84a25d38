using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Upload;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>An agent in this process, with the handlers and sources a test wants.</summary>
internal sealed class AgentHarness : IAsyncDisposable
{
    public const string Node = "node-1";

    private readonly IHost _host;

    private AgentHarness(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public int ExitCode => _host.Services.GetRequiredService<ExitStatus>().Code;

    public static AgentOptions Options(FakeCoordinator coordinator, string directory)
    {
        string token = Path.Combine(directory, "token");
        if (!File.Exists(token))
        {
            File.WriteAllText(token, coordinator.Token.Reveal() + "\n");
        }

        string host = Directory.CreateDirectory(Path.Combine(directory, "host")).FullName;
        return new AgentOptions
        {
            Coordinators = [coordinator.Address],
            Node = Node,
            JoinTokenFile = token,
            StateDirectory = Path.Combine(directory, "state"),
            HostRoot = host,
            VolumeRoots = ["/volumes"],
            RestoreRoots = ["/restores"],
            SpoolDirectory = Path.Combine(directory, "spool"),
            DrillDirectory = Path.Combine(directory, "drills"),
            Labels = new Dictionary<string, string> { ["zone"] = "a" },
            LogLevel = LogLevel.Warning,
        };
    }

    public static async Task<AgentHarness> StartAsync(AgentOptions options, Action<IServiceCollection>? configure = null, TimeProvider? clock = null)
    {
        HostApplicationBuilder builder = AgentHost.CreateBuilder(options, clock ?? TimeProvider.System);
        configure?.Invoke(builder.Services);
        IHost host = builder.Build();
        await host.StartAsync();
        return new AgentHarness(host);
    }

    /// <summary>An agent whose backups and restores are done by the handler.</summary>
    public static Task<AgentHarness> StartAsync(AgentOptions options, IWorkHandler handler) => StartAsync(options, services =>
        services.AddSingleton(new WorkHandlers(new Dictionary<Work.TaskOneofCase, IWorkHandler>
        {
            [Work.TaskOneofCase.Backup] = handler,
            [Work.TaskOneofCase.Restore] = handler,
        })));

    /// <summary>An agent whose volumes are the source.</summary>
    public static Task<AgentHarness> StartAsync(AgentOptions options, IBackupSource source) => StartAsync(options, services =>
        services.AddSingleton(new BackupSources(new Dictionary<SourceKind, Func<BackupTask, IBackupSource>>
        {
            [SourceKind.Volume] = _ => source,
        })));

    /// <summary>Waits until the agent stopped by itself.</summary>
    public async Task<int> WaitForEndAsync()
    {
        await _host.WaitForShutdownAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
