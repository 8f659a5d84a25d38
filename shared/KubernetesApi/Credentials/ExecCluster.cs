using System.Text.Json.Serialization;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>What a credential program may learn of the cluster.</summary>
public sealed record ExecCluster
{
    public string Server { get; init; } = "";

    [JsonPropertyName("tls-server-name")]
    public string? TlsServerName { get; init; }

    [JsonPropertyName("certificate-authority-data")]
    public byte[]? CertificateAuthorityData { get; init; }
}
