namespace K8sBackup.Coordinator.Health;

/// <summary>What a coordinator tells those who ask whether it is ready.</summary>
public enum Readiness
{
    /// <summary>Not ready: it has not heard of the lease yet, reads the repository, or stops.</summary>
    Unready,

    /// <summary>Ready to take over from another that leads.</summary>
    Waiting,

    /// <summary>Leads, or is the only one, and serves.</summary>
    Serving,
}
