namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>The <c>kubernetes</c> section: the coordinator runs in, or for, a cluster whose API it may use.</summary>
public sealed record KubernetesOptions
{
    /// <summary>Outside of a cluster; empty for what a pod finds in itself.</summary>
    public string Kubeconfig { get; init; } = "";

    /// <summary>Namespace of the installation; empty for that of the service account or context.</summary>
    public string Namespace { get; init; } = "";

    public KubernetesHome Home { get; init; } = KubernetesHome.Resources;

    /// <summary>The Lease by which one of several coordinators leads.</summary>
    public string Lease { get; init; } = "k8s-backup-coordinator";

    /// <summary>The ConfigMap where the authority's certificate is published for agents.</summary>
    public string CaConfigMap { get; init; } = "k8s-backup-ca";

    /// <summary>The Secret where the authority is, for all coordinators.</summary>
    public string AuthoritySecret { get; init; } = "k8s-backup-authority";

    public ServiceAccountOptions Enrolment { get; init; } = new();
}
