namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>A program that gives credentials (client.authentication.k8s.io).</summary>
public sealed record ExecPlugin
{
    /// <summary>Program; looked up on PATH when it has no slash, beside the kubeconfig when it is relative.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to our own environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>What helps when the program is missing.</summary>
    public string InstallHint { get; init; } = "";

    /// <summary>Told to the program when it asked to know the cluster; null when it did not.</summary>
    public ExecCluster? Cluster { get; init; }
}
