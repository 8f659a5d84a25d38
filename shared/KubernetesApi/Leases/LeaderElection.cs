using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.KubernetesApi.Leases;

/// <summary>
/// Leader election over a Lease, with the rules of client-go: who holds it renews it; who does not takes it when it did not change for
/// its duration, measured from when one saw the change oneself, so that no two clocks are ever compared. A leader counts its time
/// from before the request that renewed it, and gives up before anybody else may begin. One user.
/// </summary>
public sealed class LeaderElection
{
    // A part of the pause is left to chance, as in client-go.
    private const double JitterPart = 0.2;

    private readonly IResourceReader _reader;
    private readonly IResourceWriter _writer;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _clock;
    private readonly Jitter _jitter;
    private readonly ResourceName _name;
    private LeaseSpec? _observed;
    private long _observedAt;
    private long _renewedAt;

    public LeaderElection(IResourceReader reader, IResourceWriter writer, LeaderElectionOptions options, TimeProvider clock, Random random)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.RenewDeadline >= options.LeaseDuration || options.RetryPeriod * (1 + JitterPart) >= options.RenewDeadline)
        {
            throw new ArgumentException("Retry period, renew deadline and lease duration must grow in this order.", nameof(options));
        }

        _reader = reader;
        _writer = writer;
        _options = options;
        _clock = clock;
        _jitter = new Jitter(random);
        _name = new ResourceName(options.Namespace, options.Name);
    }

    /// <summary>Who holds the lease, as last seen; empty for nobody.</summary>
    public string Holder => _observed?.HolderIdentity ?? "";

    /// <summary>Whether that is us.</summary>
    public bool IsHolder => Holder == _options.Identity;

    /// <summary>How often the lease changed hands, as last seen: grows with every leader.</summary>
    public int Transitions => _observed?.LeaseTransitions ?? 0;

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public KubernetesException? Trouble { get; private set; }

    /// <summary>Waits until we are the leader.</summary>
    public async Task AcquireAsync(CancellationToken cancellationToken)
    {
        while (!await TryAsync(_options.RenewDeadline, cancellationToken))
        {
            await PauseAsync(TimeSpan.MaxValue, cancellationToken);
        }
    }

    /// <summary>
    /// Renews until that fails for too long (<see cref="IsHolder"/> is still true then), or somebody else has the lease: then we are
    /// not the leader any more.
    /// </summary>
    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await PauseAsync(_options.RenewDeadline - _clock.GetElapsedTime(_renewedAt), cancellationToken);
            TimeSpan left = _options.RenewDeadline - _clock.GetElapsedTime(_renewedAt);
            if (left <= TimeSpan.Zero || (!await TryAsync(left, cancellationToken) && !IsHolder))
            {
                return;
            }
        }
    }

    /// <summary>
    /// For a leader that lost touch and whose work is fenced in another way, so that it may go on meanwhile: waits until the server answers
    /// again. True when we lead (again), false when somebody else does. A lease of another that does not move, as after a restore of etcd,
    /// is nobody's, and is taken.
    /// </summary>
    public async Task<bool> RegainAsync(CancellationToken cancellationToken)
    {
        LeaseSpec? others = null;
        while (!await TryAsync(_options.RenewDeadline, cancellationToken))
        {
            if (Trouble is null && !IsHolder)
            {
                if (others is not null && others != _observed)
                {
                    return false;
                }

                others = _observed;
            }

            await PauseAsync(TimeSpan.MaxValue, cancellationToken);
        }

        return true;
    }

    /// <summary>Gives the lease back, so that the next leader need not wait for it to run out. Last thing a leader does; false, and nothing done, for others.</summary>
    public async Task<bool> ReleaseAsync(CancellationToken cancellationToken)
    {
        Lease? lease = await _reader.FindAsync(KubernetesTypes.Leases, _name, cancellationToken);
        if (lease?.Spec.HolderIdentity != _options.Identity)
        {
            return false;
        }

        Lease released = lease with
        {
            Spec = lease.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = _clock.GetUtcNow(), RenewTime = _clock.GetUtcNow() },
        };
        await _writer.UpdateAsync(KubernetesTypes.Leases, released, Subresource.None, cancellationToken);
        return true;
    }

    /// <summary>One attempt to get or to renew the lease, not longer than the given time.</summary>
    private async Task<bool> TryAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(within, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        long began = _clock.GetTimestamp();
        try
        {
            bool isOurs = await TryOnceAsync(either.Token);
            _renewedAt = isOurs ? began : _renewedAt;
            Trouble = null;
            return isOurs;
        }
        catch (KubernetesException e)
        {
            // Conflicts are the ordinary way to lose a race; the next look says to whom.
            Trouble = e.Failure is KubernetesFailure.Conflict or KubernetesFailure.AlreadyExists ? null : e;
            return false;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Trouble = new KubernetesException(KubernetesFailure.Unreachable, $"The lease {_name} could not be renewed in time.");
            return false;
        }
    }

    private async Task<bool> TryOnceAsync(CancellationToken cancellationToken)
    {
        Lease? lease = await _reader.FindAsync(KubernetesTypes.Leases, _name, cancellationToken);
        DateTimeOffset now = _clock.GetUtcNow();
        if (lease is null)
        {
            Lease made = new()
            {
                Metadata = new ObjectMeta { Namespace = _name.Namespace, Name = _name.Name },
                Spec = Ours(now, now, 0),
            };
            Observe((await _writer.CreateAsync(KubernetesTypes.Leases, made, cancellationToken)).Spec);
            return true;
        }

        Observe(lease.Spec);
        bool isOurs = IsHolder;
        if (!isOurs && Holder.Length > 0 && !HasRunOut(lease.Spec))
        {
            return false;
        }

        LeaseSpec spec = isOurs
            ? Ours(lease.Spec.AcquireTime ?? now, now, lease.Spec.LeaseTransitions ?? 0)
            : Ours(now, now, (lease.Spec.LeaseTransitions ?? 0) + 1);
        Lease written = await _writer.UpdateAsync(KubernetesTypes.Leases, lease with { Spec = spec }, Subresource.None, cancellationToken);
        Observe(written.Spec);
        return true;
    }

    private LeaseSpec Ours(DateTimeOffset acquired, DateTimeOffset renewed, int transitions) => new()
    {
        HolderIdentity = _options.Identity,
        LeaseDurationSeconds = (int)Math.Ceiling(_options.LeaseDuration.TotalSeconds),
        AcquireTime = acquired,
        RenewTime = renewed,
        LeaseTransitions = transitions,
    };

    private void Observe(LeaseSpec spec)
    {
        if (_observed != spec)
        {
            _observed = spec;
            _observedAt = _clock.GetTimestamp();
        }
    }

    // The holder's own duration counts, should it be set differently from ours.
    private bool HasRunOut(LeaseSpec spec) =>
        _clock.GetElapsedTime(_observedAt) >= TimeSpan.FromSeconds(spec.LeaseDurationSeconds ?? _options.LeaseDuration.TotalSeconds);

    private Task PauseAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        TimeSpan pause = _options.RetryPeriod + _jitter.UpTo(_options.RetryPeriod * JitterPart);
        return Task.Delay(pause < most ? pause : most > TimeSpan.Zero ? most : TimeSpan.Zero, _clock, cancellationToken);
    }
}
