namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Where plans and runs live.</summary>
public enum KubernetesHome
{
    /// <summary>Custom resources.</summary>
    Resources,

    /// <summary>The plan directory and records in the state directory, as outside a cluster.</summary>
    Files,
}
