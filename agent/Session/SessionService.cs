using Grpc.Core;
using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Agent.Session;

/// <summary>
/// Keeps the agent connected from start to stop. Start: gets an identity, then a session. Stop: ends the session, then
/// the work. A session that ends is followed by another, with full jitter; work goes on meanwhile.
/// </summary>
internal sealed class SessionService : BackgroundService
{
    // A session shorter than this counts as a failed attempt, so that a coordinator which drops every session at once
    // does not get the immediate first retry for ever. One that was never opened is none, however long it was tried.
    private static readonly TimeSpan LastingSession = TimeSpan.FromSeconds(5);

    // Another coordinator leads after some twenty seconds. Whoever was connected is not to be away for a minute more; when nobody leads after
    // these minutes, it takes people, and a minute is nothing.
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SoonCap = TimeSpan.FromSeconds(8);

    private readonly AgentOptions _options;
    private readonly IdentityKeeper _identities;
    private readonly CoordinatorLink _link;
    private readonly WorkRunner _runner;
    private readonly ResultJournal _journal;
    private readonly FilesWatch _files;
    private readonly FullJitter _jitter;
    private readonly TimeProvider _clock;
    private readonly ILogger<SessionService> _log;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ExitStatus _exit;
    private bool _hasServed;
    private long? _opened;

    public SessionService(
        AgentOptions options,
        IdentityKeeper identities,
        CoordinatorLink link,
        WorkRunner runner,
        ResultJournal journal,
        FilesWatch files,
        FullJitter jitter,
        TimeProvider clock,
        ILogger<SessionService> log,
        IHostApplicationLifetime lifetime,
        ExitStatus exit)
    {
        _options = options;
        _identities = identities;
        _link = link;
        _runner = runner;
        _journal = journal;
        _files = files;
        _jitter = jitter;
        _clock = clock;
        _log = log;
        _lifetime = lifetime;
        _exit = exit;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await ServeAsync(await _identities.ObtainAsync(stoppingToken), stoppingToken);
            }
        }
        catch (Exception e) when (stoppingToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // Stopping was asked for.
        }
        catch (EnrolmentRefusedException e)
        {
            HostingLog.Refused(_log, e.Message);
            _exit.Code = ExitCodes.EnrolmentRefused;
        }
#pragma warning disable CA1031 // The boundary of the service: the process ends with the defect in its log and exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            HostingLog.Defect(_log, e, _options.Node);
            _exit.Code = ExitCodes.UnexpectedFailure;
        }

        _lifetime.StopApplication();
    }

    /// <summary>Returns when the identity is of no use any more.</summary>
    private async Task ServeAsync(LocalIdentity identity, CancellationToken stoppingToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task renewing = _identities.RenewForeverAsync(identity, ended.Token);
        Task connecting = StayConnectedAsync(ended.Token);
        Task first = await Task.WhenAny(renewing, connecting);
        await ended.CancelAsync();
        await Task.WhenAll(renewing, connecting).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await first;
    }

    private async Task StayConnectedAsync(CancellationToken cancellationToken)
    {
        long? connected = null;
        for (int attempt = 0; ; attempt++)
        {
            await _jitter.WaitAsync(attempt, connected is { } lately && _clock.GetElapsedTime(lately) < SoonAgain ? SoonCap : FullJitter.CapMax, cancellationToken);
            Uri address = _link.Address;
            string cause = "the coordinator closed it";
            bool isRefused = false;
            try
            {
                if (await RunSessionAsync(cancellationToken))
                {
                    SessionLog.RenewalAsked(_log, _options.Node);
                    // One who asks for it in every session gets no more than the usual pauses allow.
                    attempt = await _identities.TryRenewAsync(cancellationToken) && HasLasted() ? -1 : attempt;
                    continue;
                }
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                cause = $"{e.StatusCode}: {e.Status.Detail}";
                isRefused = e.StatusCode == StatusCode.PermissionDenied && !_hasServed;
            }
            catch (BackupException e)
            {
                cause = e.Failure.Message;
            }

            SessionLog.SessionEnded(_log, _options.Node, address, cause);
            if (_identities.IsOfAFormerAuthority())
            {
                SessionLog.AuthorityReplaced(_log, _options.Node);
                return;
            }

            if (isRefused && _identities.GivesUp())
            {
                return;
            }

            _link.MoveOn();
            if (HasLasted())
            {
                connected = _clock.GetTimestamp();
                attempt = -1;
            }
        }
    }

    private bool HasLasted() => _opened is { } opened && _clock.GetElapsedTime(opened) >= LastingSession;

    /// <summary>True when it ended for the agent to renew its identity.</summary>
    private async Task<bool> RunSessionAsync(CancellationToken cancellationToken)
    {
        _opened = null;
        using ChannelLease lease = _link.Lease();
        AgentSession.AgentSessionClient client = new(lease.Channel);
        using SessionStream session = new(_options, _runner, _journal, _files, _clock, _log, client.Connect(cancellationToken: cancellationToken));
        Welcome welcome = await session.OpenAsync(cancellationToken);
        _hasServed = true;
        _opened = _clock.GetTimestamp();
        _link.NoteSession();
        SessionLog.Connected(_log, _options.Node, _link.Address, welcome.Cluster);
        await session.RunAsync(cancellationToken);
        return session.RenewalAsked;
    }
}
