namespace K8sBackup.KubernetesApi.Credentials;

internal sealed record ExecCredentialSpec
{
    /// <summary>Always false: there is nobody to ask.</summary>
    public required bool Interactive { get; init; }

    public ExecCluster? Cluster { get; init; }
}
