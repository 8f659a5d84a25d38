using Grpc.Core;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>Gets the agent's identity at start and renews it for as long as the agent runs.</summary>
internal sealed class IdentityKeeper
{
    // The clock may jump (suspend, time synchronisation), so a long wait is made of short ones.
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5);

    // However short a certificate lives, the coordinator is asked no more often than this.
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromSeconds(20);

    private readonly AgentOptions _options;
    private readonly IdentityFiles _files;
    private readonly EnrolmentClient _enrolment;
    private readonly IEnrolmentTickets _tickets;
    private readonly CoordinatorLink _link;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger<IdentityKeeper> _log;
    private LocalIdentity? _saved;
    private string? _refused;
    private volatile LocalIdentity? _identity;

    public IdentityKeeper(
        AgentOptions options,
        IdentityFiles files,
        EnrolmentClient enrolment,
        IEnrolmentTickets tickets,
        CoordinatorLink link,
        FullJitter jitter,
        TimeProvider clock,
        ILogger<IdentityKeeper> log)
    {
        _options = options;
        _files = files;
        _enrolment = enrolment;
        _tickets = tickets;
        _link = link;
        _jitter = jitter;
        _clock = clock;
        _log = log;
    }

    /// <summary>Gives the link an identity: the saved one while it is valid, else a new one by enrolment, tried until it works.</summary>
    /// <exception cref="EnrolmentRefusedException">There is no token and none will come, or the coordinator does not accept it.</exception>
    public async Task<LocalIdentity> ObtainAsync(CancellationToken cancellationToken)
    {
        _saved = LoadValid();
        return Use(_saved ?? await EnrolAsync(cancellationToken));
    }

    /// <summary>Renews at once: the coordinator asked for it. False when it did not work out; it asks again in the next session.</summary>
    public async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            LocalIdentity identity = await RenewAsync(cancellationToken);
            SessionLog.IdentityRenewed(_log, _options.Node, identity.Certificate.NotAfter);
            return true;
        }
        catch (Exception e) when (e is RpcException or BackupException && !cancellationToken.IsCancellationRequested)
        {
            SessionLog.RenewalFailed(_log, _options.Node, e.Message);
            return false;
        }
    }

    /// <summary>Renews whenever it is due, until cancelled.</summary>
    /// <exception cref="EnrolmentRefusedException">The identity expired before the coordinator could be reached, and no token helps.</exception>
    public async Task RenewForeverAsync(LocalIdentity identity, CancellationToken cancellationToken)
    {
        DateTimeOffset due = identity.RenewAt;
        for (int attempt = 0; ; attempt++)
        {
            await WaitUntilAsync(due, cancellationToken);
            await _jitter.WaitAsync(attempt, cancellationToken);
            try
            {
                identity = _identity ?? identity;
                identity = identity.Certificate.NotAfter <= _clock.GetUtcNow() ? await ObtainAsync(cancellationToken) : await RenewAsync(cancellationToken);

                attempt = -1;
                DateTimeOffset earliest = _clock.GetUtcNow() + RenewalInterval;
                due = identity.RenewAt > earliest ? identity.RenewAt : earliest;
                SessionLog.IdentityRenewed(_log, _options.Node, identity.Certificate.NotAfter);
            }
            catch (Exception e) when (e is RpcException or BackupException && !cancellationToken.IsCancellationRequested)
            {
                SessionLog.RenewalFailed(_log, _options.Node, e.Message);
            }
        }
    }

    /// <summary>
    /// Whether the cluster publishes an authority that none of the identity's is: the coordinator was installed anew, and this identity is of
    /// the former one, which nobody accepts any more.
    /// </summary>
    public bool IsOfAFormerAuthority() => _identity is { } identity && IsOfAFormerAuthority(identity);

    private bool IsOfAFormerAuthority(LocalIdentity identity) =>
        _tickets.AreKeptFresh
        && _tickets.Read().Ticket is { } ticket
        && !identity.Authorities.Certificates.Any(authority => ticket.Expects([authority]));

    /// <summary>
    /// Gives up the identity that was saved before this start, which the coordinator refuses: its node was removed. Once, and not what was got
    /// by enrolment here: a node that is removed while its agent runs stays away until somebody starts that agent anew.
    /// </summary>
    /// <returns>False when it is not given up.</returns>
    public bool GivesUp()
    {
        if (_refused is not null || _identity is not { } identity || !ReferenceEquals(identity, _saved))
        {
            return false;
        }

        _refused = identity.Certificate.Thumbprint;
        return true;
    }

    private async Task<LocalIdentity> RenewAsync(CancellationToken cancellationToken)
    {
        using ChannelLease lease = _link.Lease();
        return Use(await _enrolment.RenewAsync(lease.Channel, cancellationToken));
    }

    private LocalIdentity Use(LocalIdentity identity)
    {
        _identity = identity;
        _link.Use(identity);
        return identity;
    }

    private LocalIdentity? LoadValid()
    {
        if (!_files.Exists)
        {
            return null;
        }

        try
        {
            LocalIdentity identity = _files.Load();
            if (FaultOf(identity) is not { } fault)
            {
                return identity;
            }

            SessionLog.IdentityUnusable(_log, _options.Node, fault);
        }
        catch (InvalidDataException e)
        {
            SessionLog.IdentityUnusable(_log, _options.Node, e.Message);
        }

        return null;
    }

    private string? FaultOf(LocalIdentity identity)
    {
        if (identity.Peer.Name != _options.Node)
        {
            return $"it is for {identity.Peer}";
        }

        if (IsOfAnotherRole(identity))
        {
            return $"it is for {identity.Peer}, and this agent is configured as {PeerIdentity.RoleName(identity.Peer.Role is Role.Worker ? Role.ControlPlane : Role.Worker)}";
        }

        if (identity.Certificate.NotAfter <= _clock.GetUtcNow())
        {
            return "it has expired";
        }

        if (identity.Certificate.Thumbprint == _refused)
        {
            return "the coordinator refuses it";
        }

        return IsOfAFormerAuthority(identity) ? "it is of another authority than the cluster publishes" : null;
    }

    // A node can become one of the control plane after its first agent had enrolled: kubeadm labels it only then.
    private bool IsOfAnotherRole(LocalIdentity identity) => _options.Role is { } role && identity.Peer.Role != role;

    private async Task<LocalIdentity> EnrolAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            await _jitter.WaitAsync(attempt, cancellationToken);
            (EnrolmentTicket? ticket, string fault) = _tickets.Read();
            if (ticket is null && _tickets.AreKeptFresh)
            {
                SessionLog.TicketAwaited(_log, _options.Node, fault);
                continue;
            }

            if (ticket is null)
            {
                throw new EnrolmentRefusedException($"Node {_options.Node} has no valid identity, and {fault}.");
            }

            Uri address = _link.Address;
            try
            {
                LocalIdentity identity = await _enrolment.EnrolAsync(address, ticket, cancellationToken);
                SessionLog.Enrolled(_log, _options.Node, identity.Peer.ToUri(), address);
                return !IsOfAnotherRole(identity) ? identity : throw new EnrolmentRefusedException(
                    $"Node {_options.Node} was enrolled as {PeerIdentity.RoleName(identity.Peer.Role)}, which is not the role of its configuration: the token is for that one.");
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.InvalidArgument)
            {
                throw new EnrolmentRefusedException($"The coordinator at {address} refused to enrol node {_options.Node}: {e.Status.Detail}", e);
            }
            catch (Exception e) when (e is RpcException or BackupException && !cancellationToken.IsCancellationRequested)
            {
                SessionLog.EnrolmentFailed(_log, _options.Node, address, e.Message);
                _link.MoveOn();
            }
        }
    }

    private async Task WaitUntilAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        while (moment - _clock.GetUtcNow() is { Ticks: > 0 } remaining)
        {
            await Task.Delay(remaining < WaitMax ? remaining : WaitMax, _clock, cancellationToken);
        }
    }
}
