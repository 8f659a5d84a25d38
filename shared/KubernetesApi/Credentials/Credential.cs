using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>Who we are, at the moment: a bearer token, a client certificate, both or neither.</summary>
/// <param name="Token">Bearer token; empty for none.</param>
/// <param name="Certificate">Client certificate with its key.</param>
public sealed record Credential(string Token, X509Certificate2? Certificate)
{
    public static Credential None { get; } = new("", null);

    /// <summary>Says that there is a token, not which.</summary>
    public override string ToString() =>
        $"Credential {(Token.Length > 0 ? "with token" : "without token")}, certificate {Certificate?.Subject ?? "none"}";
}
