namespace K8sBackup.Coordinator.Restores;

/// <summary>How long restores wait, and for what.</summary>
public sealed record RestoreOptions
{
    /// <summary>How long a restore waits for the agent of its node to begin.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an agent at work on a restore may be away. Longer than a node takes to start again.</summary>
    public TimeSpan AwayPatience { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a cancelled restore waits for the agent to say what it did.</summary>
    public TimeSpan CancelPatience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often state is looked at, and the most often a watcher is told.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(250);
}
