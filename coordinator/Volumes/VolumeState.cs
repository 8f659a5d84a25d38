namespace K8sBackup.Coordinator.Volumes;

/// <summary>What a plan makes of a volume.</summary>
public enum VolumeState
{
    /// <summary>It is taken.</summary>
    Chosen = 1,

    /// <summary>A rule leaves it out.</summary>
    Excluded = 2,

    /// <summary>A rule takes it, and it cannot be read as things are.</summary>
    Impossible = 3,

    /// <summary>Of a kind that is never read, since what it shows is elsewhere.</summary>
    NeverRead = 4,
}
