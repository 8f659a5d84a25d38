using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>
/// Once the coordinator listens, writes where to <c>address</c> in the state directory (<c>ip:port</c>), for those who
/// configured port 0. The file of an earlier process is removed first.
/// </summary>
public sealed class AddressFile : IHostedLifecycleService
{
    private readonly CoordinatorOptions _options;
    private readonly IServer _server;
    private readonly ILogger<AddressFile> _log;

    public AddressFile(CoordinatorOptions options, IServer server, ILogger<AddressFile> log)
    {
        _options = options;
        _server = server;
        _log = log;
    }

    private string FilePath => Path.Combine(_options.State, "address");

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        File.Delete(FilePath);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        string address = new Uri(_server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()).Authority;
        string temporary = FilePath + ".new";
        File.WriteAllText(temporary, address + "\n");
        File.Move(temporary, FilePath, overwrite: true);
        HostingLog.Listening(_log, _options.Cluster, address);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        HostingLog.Stopping(_log);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
