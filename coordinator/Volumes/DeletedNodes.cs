using K8sBackup.Coordinator.Fleet;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// Removes agents whose node was deleted from the cluster: who was there, as the API said, and is there no more. Agents of machines that never were
/// nodes of the cluster are left alone. Stop: at any time.
/// </summary>
public sealed class DeletedNodes : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    // A view of before the API went away says nothing of today.
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(10);

    private readonly IClusterView _cluster;
    private readonly NodeRegistry _nodes;
    private readonly TimeProvider _clock;
    private readonly ILogger<DeletedNodes> _log;
    private HashSet<string> _there = [];

    public DeletedNodes(IClusterView cluster, NodeRegistry nodes, TimeProvider clock, ILogger<DeletedNodes> log)
    {
        _cluster = cluster;
        _nodes = nodes;
        _clock = clock;
        _log = log;
    }

    /// <summary>One look.</summary>
    internal void Look()
    {
        if (_cluster.Current is not { } state || state.Age > AgeMax)
        {
            return;
        }

        HashSet<string> now = [.. state.Nodes];
        foreach (string gone in _there.Where(node => !now.Contains(node)))
        {
            if (_nodes.Remove(gone))
            {
                FleetLog.NodeDeleted(_log, gone);
            }
        }

        _there = now;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        try
        {
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping was asked for.
        }
    }
}
