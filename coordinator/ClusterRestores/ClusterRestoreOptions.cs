namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>How long restores of a cluster's etcd wait, and for what.</summary>
public sealed record ClusterRestoreOptions
{
    /// <summary>What static pods get to stop, start or serve. The kubelet looks every 20 seconds when it misses a change.</summary>
    public TimeSpan PodPatience { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long an agent may be away before the restore takes everything back, or goes on without it: longer than it takes to start again.</summary>
    public TimeSpan AwayPatience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a plan waits for its confirmation; later, what it found may no longer be so.</summary>
    public TimeSpan PlanLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What an inspection may take in all, the answer to the operator included.</summary>
    public TimeSpan PlanPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pause before a step of the way back is tried again.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often state is looked at.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(100);
}
