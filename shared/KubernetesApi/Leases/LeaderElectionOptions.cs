namespace K8sBackup.KubernetesApi.Leases;

/// <summary>Which lease, who we are, and times as in client-go.</summary>
public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Unlike that of every other candidate, also of an earlier life of this one.</summary>
    public required string Identity { get; init; }

    /// <summary>Others wait this long, by their own clock, after they last saw the lease change.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for this long is none any more. Shorter than the lease, so that it stops before another begins.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between attempts, and a little of chance.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}
