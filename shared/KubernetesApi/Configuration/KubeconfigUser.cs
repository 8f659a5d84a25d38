using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using K8sBackup.KubernetesApi.Credentials;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>Reads the user of a kubeconfig.</summary>
internal static class KubeconfigUser
{
    // Ways to be somebody that are not supported; silently being nobody would be worse than saying so.
    private static readonly string[] _unsupported = ["username", "password", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"];

    public static ICredentialSource Read(KubeconfigNode user, KubeconfigNode cluster, TimeProvider clock)
    {
        foreach (string field in _unsupported)
        {
            if (user.Has(field))
            {
                throw user.Fault(field, "is not supported; use a token, a client certificate or exec.");
            }
        }

        if (user.Has("exec"))
        {
            return new ExecCredentials(Exec(user.Child("exec"), cluster), clock);
        }

        ICredentialSource? certificate = Certificate(user);
        string tokenFile = user.PathOf("tokenFile");
        string token = user.Text("token");
        ICredentialSource? bearer = tokenFile.Length > 0 ? new TokenFileCredentials(tokenFile, clock)
            : token.Length > 0 ? new FixedCredentials(new Credential(token, null))
            : null;
        return (bearer, certificate) switch
        {
            (null, null) => new FixedCredentials(Credential.None),
            (not null, null) => bearer,
            (null, not null) => certificate,
            _ => new JoinedCredentials(bearer, certificate),
        };
    }

    private static ICredentialSource? Certificate(KubeconfigNode user)
    {
        string? certificateData = user.Data("client-certificate-data");
        string? keyData = user.Data("client-key-data");
        string certificateFile = user.PathOf("client-certificate");
        string keyFile = user.PathOf("client-key");
        bool hasCertificate = certificateData is not null || certificateFile.Length > 0;
        bool hasKey = keyData is not null || keyFile.Length > 0;
        if (hasCertificate != hasKey)
        {
            throw user.Fault(hasCertificate ? "client-key" : "client-certificate", "is missing; certificate and key belong together.");
        }

        if (!hasCertificate)
        {
            return null;
        }

        if (certificateData is null && keyData is null)
        {
            return new CertificateFileCredentials(certificateFile, keyFile);
        }

        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPem(
                certificateData ?? File.ReadAllText(certificateFile), keyData ?? File.ReadAllText(keyFile));
            return new FixedCredentials(new Credential("", certificate));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw user.Fault("client-certificate-data", $"cannot be used with its key: {e.Message}");
        }
    }

    private static ExecPlugin Exec(KubeconfigNode exec, KubeconfigNode cluster)
    {
        string version = exec.Required("apiVersion");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw exec.Fault("apiVersion", "client.authentication.k8s.io/v1 is expected.");
        }

        if (exec.Text("interactiveMode") == "Always")
        {
            throw exec.Fault("interactiveMode", "Always cannot be: there is nobody to ask.");
        }

        string command = exec.Required("command");
        string? authority = cluster.Data("certificate-authority-data");
        return new ExecPlugin
        {
            Command = command.Contains('/', StringComparison.Ordinal) ? exec.PathOf("command") : command,
            Arguments = exec.Texts("args"),
            Environment = exec.Pairs("env"),
            ApiVersion = version,
            InstallHint = exec.Text("installHint"),
            Cluster = exec.Text("provideClusterInfo") != "true" ? null : new ExecCluster
            {
                Server = cluster.Required("server"),
                TlsServerName = cluster.Text("tls-server-name") is { Length: > 0 } name ? name : null,
                CertificateAuthorityData = authority is null ? null : Encoding.UTF8.GetBytes(authority),
            },
        };
    }
}
