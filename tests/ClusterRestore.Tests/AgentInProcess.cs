using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.MemberSteps;
using K8sBackup.Agent.Session;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>An agent in this process. It can be stopped dead before a change that a step makes, as SIGKILL would.</summary>
internal sealed class AgentInProcess : IAsyncDisposable
{
    private readonly AgentOptions _options;
    private readonly HashSet<string> _passed = new(StringComparer.Ordinal);
    private IHost? _host;
    private ManualResetEventSlim? _goOn;
    private TaskCompletionSource? _reached;

    public AgentInProcess(AgentOptions options) => _options = options;

    public string Node => _options.Node;

    /// <summary>Before each change it makes for the first time the agent is killed and started again.</summary>
    public bool DiesEverywhere { get; set; }

    public int Deaths { get; private set; }

    public async Task StartAsync()
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ManualResetEventSlim goOn = new();
        HostApplicationBuilder builder = AgentHost.CreateBuilder(_options, TimeProvider.System);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new StepGate(change => Pass(change, reached, goOn)));
        (_host, _reached, _goOn) = (builder.Build(), reached, goOn);
        await _host.StartAsync();
        _ = reached.Task.ContinueWith(_ => DieAndRiseAsync(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public async Task StopAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        DiesEverywhere = false;
        _goOn?.Set();
        await StopAsync();
    }

    // Holds the step where it is until its agent has been stopped; what it throws then is no result any more.
    private void Pass(string change, TaskCompletionSource reached, ManualResetEventSlim goOn)
    {
        lock (_passed)
        {
            // The journal is written in most steps, so its writes are told apart by their number.
            if (!DiesEverywhere || !_passed.Add(change == "journal" ? $"journal {_passed.Count}" : change) || _passed.Count > 24)
            {
                return;
            }
        }

        reached.TrySetResult();
        goOn.Wait();
        throw new OperationCanceledException("killed");
    }

    private async Task DieAndRiseAsync()
    {
        IHost host = _host!;
        _host = null;
        await host.StopAsync();
        ValueTask ending = host.Services.GetRequiredService<WorkRunner>().DisposeAsync();
        _goOn!.Set();
        await ending;
        Deaths++;
        await StartAsync();
    }
}
