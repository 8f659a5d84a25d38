namespace K8sBackup.Coordinator.Drills;

/// <summary>When drills are held without being asked for, and how.</summary>
public sealed record DrillSettings
{
    /// <summary>Time between two rounds; zero for none.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Whether samples of files are restored, too.</summary>
    public bool Files { get; init; } = true;

    /// <summary>Whether etcd may be started in the node's own network where a namespace is not permitted.</summary>
    public bool RequireIsolation { get; init; }

    /// <summary>Keys read one by one.</summary>
    public int SampledKeys { get; init; } = 64;
}
