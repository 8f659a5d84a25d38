namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>What is said to a credential program, and what it answers.</summary>
internal sealed record ExecCredential
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public ExecCredentialSpec? Spec { get; init; }

    public ExecCredentialStatus? Status { get; init; }
}
