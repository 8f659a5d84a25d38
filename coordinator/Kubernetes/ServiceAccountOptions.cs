namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Whose tokens enrol agents, and as what.</summary>
public sealed record ServiceAccountOptions
{
    /// <summary>The tokens are made for us and for nobody else.</summary>
    public string Audience { get; init; } = "k8s-backup";

    public string ControlPlaneServiceAccount { get; init; } = "k8s-backup-agent-control-plane";

    public string WorkerServiceAccount { get; init; } = "k8s-backup-agent-worker";
}
