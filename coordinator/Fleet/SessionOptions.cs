namespace K8sBackup.Coordinator.Fleet;

/// <summary>Times of agent sessions.</summary>
public sealed record SessionOptions
{
    /// <summary>How often an agent sends a sign of life. Short enough that a dead node is known within a minute.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Silence after which a session is given up: three heartbeats, so that one lost packet is nothing.</summary>
    public TimeSpan Silence => Heartbeat * 3;

    /// <summary>Longest session: TLS does not look at a certificate again, so the connection must be made anew.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromHours(6);
}
