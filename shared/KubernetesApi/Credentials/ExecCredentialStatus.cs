namespace K8sBackup.KubernetesApi.Credentials;

internal sealed record ExecCredentialStatus
{
    public string? Token { get; init; }

    public string? ClientCertificateData { get; init; }

    public string? ClientKeyData { get; init; }

    public DateTimeOffset? ExpirationTimestamp { get; init; }

    public override string ToString() => $"ExecCredentialStatus until {ExpirationTimestamp}";
}
