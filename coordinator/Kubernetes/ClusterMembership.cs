using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Leases;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>
/// One coordinator among several of a cluster. 1. Waits until it leads; 2. shares the authority; then the rest of the coordinator may
/// start. While it runs the lease is renewed. When somebody else has it the process ends at once: what is cut off is as after a kill, which
/// costs nothing. When the API server is away it goes on, for it may be the one that brings it back; the repository's generation keeps
/// two from writing. On an orderly stop the lease is given back last.
/// </summary>
public sealed class ClusterMembership : IAsyncDisposable
{
    /// <summary>Exit code of a leader that is none any more.</summary>
    public const int LostExitCode = 4;

    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SayInterval = TimeSpan.FromMinutes(1);

    private readonly KubernetesClient _electing;
    private readonly LeaderElection _election;
    private readonly ILogger _log;
    private readonly Action<int> _exit;
    private readonly CancellationTokenSource _stop = new();
    private Task _holding = Task.CompletedTask;

    private ClusterMembership(KubernetesClient client, KubernetesClient electing, string ns, LeaderElection election, ILogger log, Action<int> exit)
    {
        Client = client;
        _electing = electing;
        Namespace = ns;
        _election = election;
        _log = log;
        _exit = exit;
    }

    /// <summary>The cluster's API.</summary>
    public KubernetesClient Client { get; }

    /// <summary>Namespace of the installation.</summary>
    public string Namespace { get; }

    /// <summary>The authority of all coordinators; null until this one leads.</summary>
    public SharedAuthority? Authority { get; private set; }

    /// <summary>Grows with every leader; logged beside the repository's generation, which is what fences.</summary>
    public int Transitions => _election.Transitions;

    /// <summary>Waits until this coordinator leads, and shares the authority. Null without a <c>kubernetes</c> section.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="log">Says what it waits for.</param>
    /// <param name="exit">Ends the process with a code.</param>
    /// <param name="say">Told what there is to say to probes until it leads.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="OptionsException">The cluster cannot be used as configured.</exception>
    public static async Task<ClusterMembership?> JoinAsync(
        CoordinatorOptions options, ILogger log, Action<int> exit, Action<Readiness> say, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Kubernetes is not { } kubernetes)
        {
            return null;
        }

        ClusterMembership membership = Open(kubernetes, log, exit);
        try
        {
            await membership.LeadAsync(kubernetes, say, cancellationToken);
            membership.Authority = new SharedAuthority(membership.Client, membership.Client, membership.Namespace, kubernetes, log);
            await membership.Authority.ShareAsync(Path.Combine(options.State, "ca"), options.Cluster, TimeProvider.System, cancellationToken);
            return membership;
        }
        catch (KubernetesException e)
        {
            await membership.DisposeAsync();
            throw new OptionsException([$"The cluster cannot be used: {e.Message}"]);
        }
        catch
        {
            await membership.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _holding;
        try
        {
            using CancellationTokenSource timeout = new(ReleaseTimeout, TimeProvider.System);
            if (await _election.ReleaseAsync(timeout.Token))
            {
                KubernetesLog.Released(_log, Namespace);
            }
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            // The lease runs out by itself; the next leader waits a little longer.
            KubernetesLog.NotReleased(_log, e.Message);
        }

        Client.Dispose();
        _electing.Dispose();
        _stop.Dispose();
    }

    private static ClusterMembership Open(KubernetesOptions options, ILogger log, Action<int> exit)
    {
        ClusterAccess access;
        try
        {
            access = ClusterAccess.Read(options.Kubeconfig, TimeProvider.System);
        }
        catch (KubernetesConfigurationException e)
        {
            throw new OptionsException([e.Message]);
        }

        string ns = options.Namespace.Length > 0 ? options.Namespace : access.Namespace;
        KubernetesClientOptions bounds = new() { UserAgent = "k8s-backup-coordinator" };
        KubernetesClient client = new(access, bounds, TimeProvider.System, new Random());
        // Of its own: renewing the lease must not queue behind whatever else is asked.
        KubernetesClient electing = new(access, bounds, TimeProvider.System, new Random());
        // The name of a pod is not enough: a container that starts again has the same.
        string identity = $"{Environment.MachineName}_{Guid.NewGuid():n}";
        LeaderElectionOptions election = new() { Namespace = ns, Name = options.Lease, Identity = identity };
        return new ClusterMembership(client, electing, ns, new LeaderElection(electing, electing, election, TimeProvider.System, new Random()), log, exit);
    }

    private async Task LeadAsync(KubernetesOptions options, Action<Readiness> say, CancellationToken cancellationToken)
    {
        KubernetesLog.Waiting(_log, Namespace, options.Lease);
        Task acquiring = _election.AcquireAsync(cancellationToken);
        long said = TimeProvider.System.GetTimestamp();
        while (await Task.WhenAny(acquiring, Task.Delay(LookInterval, TimeProvider.System, cancellationToken)) != acquiring)
        {
            // Of use only where somebody else does the work meanwhile, and this one would notice his end.
            say(_election.Holder.Length > 0 && _election.Trouble is null ? Readiness.Waiting : Readiness.Unready);
            if (TimeProvider.System.GetElapsedTime(said) >= SayInterval)
            {
                KubernetesLog.StillWaiting(_log, _election.Holder.Length > 0 ? _election.Holder : "nobody", _election.Trouble?.Message ?? "none");
                said = TimeProvider.System.GetTimestamp();
            }
        }

        say(Readiness.Unready);
        await acquiring;
        KubernetesLog.Leading(_log, Namespace, options.Lease, _election.Transitions);
        _holding = HoldAsync();
    }

    private async Task HoldAsync()
    {
        try
        {
            await _election.HoldAsync(_stop.Token);
            while (_election.IsHolder)
            {
                KubernetesLog.OutOfTouch(_log, _election.Trouble?.Message ?? "none");
                if (!await _election.RegainAsync(_stop.Token))
                {
                    break;
                }

                KubernetesLog.InTouch(_log, _election.Transitions);
                await _election.HoldAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        KubernetesLog.Lost(_log, _election.Holder, _election.Transitions);
        _exit(LostExitCode);
    }
}
