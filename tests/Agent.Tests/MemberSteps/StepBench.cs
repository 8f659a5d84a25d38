using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.MemberSteps;
using K8sBackup.Agent.Session;
using K8sBackup.Model.Ids;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Tests.MemberSteps;

/// <summary>
/// The steps of one restore on one simulated node. With <see cref="KillsEverywhere"/> the agent dies once before every
/// change of every step and is started again.
/// </summary>
internal sealed class StepBench
{
    private readonly SimulatedNode _node;
    private readonly string _snapshot;
    private readonly HashSet<string> _killedAt = new(StringComparer.Ordinal);
    private RestoreStep _current;

    public StepBench(SimulatedNode node, string snapshot)
    {
        (_node, _snapshot) = (node, snapshot);
        Target = new RestoreTarget
        {
            ClusterToken = $"kb-restore-{Id}",
            RevisionBump = 1_000_000,
            Members = { new TargetMember { Node = node.Name, Name = node.Name, PeerUrls = { node.PeerUrl } } },
        };
    }

    public string Id { get; } = RestoreId.Create(TimeProvider.System).ToString();

    public RestoreTarget Target { get; }

    public bool KillsEverywhere { get; set; }

    public int PatienceSeconds { get; set; } = 60;

    public IReadOnlyCollection<string> Kills => _killedAt;

    public string Folder => _node.At($"etc/kubernetes/kb-restore/{Id}");

    /// <summary>Does a step, as often as the agent dies over it.</summary>
    public async Task<RestoreStepReport> DoAsync(RestoreStep step)
    {
        _current = step;
        while (true)
        {
            try
            {
                await using ServiceProvider agent = StartAgent();
                Work work = new()
                {
                    WorkId = $"s-{Id}",
                    Step = new RestoreStepTask { RestoreId = Id, Step = step, Target = Target, TargetVersion = "3.4", PatienceSeconds = PatienceSeconds },
                };
                WorkResult result = await agent.GetRequiredService<StepHandler>().RunAsync(work, new WorkMeter(), CancellationToken.None);
                return result.Step;
            }
            catch (AgentKilledException)
            {
                // Started again by the next turn.
            }
        }
    }

    public async Task DoAllAsync(params RestoreStep[] steps)
    {
        foreach (RestoreStep step in steps)
        {
            await DoAsync(step);
        }
    }

    private ServiceProvider StartAgent() => new ServiceCollection()
        .AddLogging()
        .AddSingleton(TimeProvider.System)
        .AddSingleton(new HostRoot(_node.Root))
        .AddMemberSteps()
        .AddSingleton<ISnapshotFetch>(new FileFetch(_snapshot))
        .AddSingleton(new StepGate(Pass))
        .BuildServiceProvider();

    private void Pass(string change)
    {
        if (KillsEverywhere && _killedAt.Add($"{_current} {change}"))
        {
            throw new AgentKilledException(change);
        }
    }

    private sealed class FileFetch(string snapshot) : ISnapshotFetch
    {
        public Task FetchAsync(string workId, string path, WorkMeter meter, CancellationToken cancellationToken)
        {
            File.Copy(snapshot, path);
            return Task.CompletedTask;
        }
    }
}
