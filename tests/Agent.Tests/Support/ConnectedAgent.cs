using K8sBackup.Agent.Hosting;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>An agent in its first session with a coordinator of its own; its work is done by a handler.</summary>
internal sealed class ConnectedAgent : IAsyncDisposable
{
    private readonly AgentHarness _agent;
    private bool _isStopped;

    private ConnectedAgent(FakeCoordinator coordinator, AgentOptions options, ScriptedHandler handler, AgentHarness agent, FakeSession session)
    {
        _agent = agent;
        Coordinator = coordinator;
        Options = options;
        Handler = handler;
        Session = session;
    }

    public FakeCoordinator Coordinator { get; }

    public AgentOptions Options { get; }

    public ScriptedHandler Handler { get; }

    /// <summary>The first session; those after a break come from the coordinator.</summary>
    public FakeSession Session { get; }

    public static async Task<ConnectedAgent> StartAsync(string directory)
    {
        ScriptedHandler handler = new();
        FakeCoordinator coordinator = await FakeCoordinator.StartAsync(directory);
        AgentOptions options = AgentHarness.Options(coordinator, directory);
        AgentHarness agent = await AgentHarness.StartAsync(options, handler);
        return new ConnectedAgent(coordinator, options, handler, agent, await coordinator.Sessions.NextAsync());
    }

    /// <summary>Sends a backup in the first session, and waits until the handler is at it.</summary>
    public async Task<Work> BeginWorkAsync()
    {
        Work work = WorkMessages.Backup();
        await Session.SendAsync(work);
        await Handler.StartedSignal.WaitAsync();
        return work;
    }

    /// <summary>Stops the agent; the coordinator stays.</summary>
    public async Task StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _agent.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Coordinator.DisposeAsync();
    }
}
