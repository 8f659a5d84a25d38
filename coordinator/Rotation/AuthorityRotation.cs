using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Rotation;

/// <summary>
/// Ends a replacement of the authority when it may: the overlap is over, and no node has a certificate of the former one that lives. Start: goes on with
/// what a former coordinator began. Stop: at any time.
/// </summary>
public sealed class AuthorityRotation : BackgroundService, IStatusWarnings
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const int NamedMax = 10;

    private readonly AuthorityRing _ring;
    private readonly NodeRegistry _nodes;
    private readonly TimeProvider _clock;
    private readonly ILogger<AuthorityRotation> _log;

    public AuthorityRotation(AuthorityRing ring, NodeRegistry nodes, TimeProvider clock, ILogger<AuthorityRotation> log)
    {
        _ring = ring;
        _nodes = nodes;
        _clock = clock;
        _log = log;
    }

    /// <summary>
    /// Nodes that did not connect with a certificate of the next authority yet and may have one that lives: one was issued when the node was last seen, at
    /// the latest. None when no replacement goes on.
    /// </summary>
    public IReadOnlyList<string> WaitingFor() => _ring.Current.Next is not { } next ? [] : [.. _nodes.Nodes
        .Where(node => node.IssuedBy != next.Fingerprint && _clock.GetUtcNow() < LastCertificateEnds(node))
        .Select(node => node.Name)];

    public Task<IReadOnlyList<string>> WarningsAsync(CancellationToken cancellationToken)
    {
        if (_ring.Rotation is not { } rotation)
        {
            return Task.FromResult<IReadOnlyList<string>>([]);
        }

        IReadOnlyList<string> waiting = WaitingFor();
        string rest = waiting.Count > NamedMax ? $" and {waiting.Count - NamedMax} more" : "";
        string nodes = waiting.Count == 0 ? "all nodes have renewed" : $"not renewed yet: {string.Join(", ", waiting.Take(NamedMax))}{rest}";
        return Task.FromResult<IReadOnlyList<string>>(
            [$"The certificate authority is being replaced; operators run 'k8sbackup authority renew' before {rotation.OverlapEndsAt:u}; {nodes}."]);
    }

    /// <summary>One look.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_ring.Rotation is not { } rotation || _clock.GetUtcNow() < rotation.OverlapEndsAt || WaitingFor().Count > 0)
        {
            return;
        }

        try
        {
            if (await _ring.FinishAsync(cancellationToken))
            {
                RotationLog.Finished(_log, _ring.Serving.Fingerprint);
            }
        }
        catch (IOException e)
        {
            RotationLog.NotFinished(_log, e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping was asked for.
        }
    }

    private static DateTimeOffset LastCertificateEnds(NodeRecord node)
    {
        DateTimeOffset renewed = node.LastSeen + CertificateAuthority.AgentLifetime + CertificateAuthority.ClockTolerance;
        return renewed > node.CertificateNotAfter ? renewed : node.CertificateNotAfter;
    }
}
