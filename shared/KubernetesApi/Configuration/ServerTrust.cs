using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.KubernetesApi.Configuration;

/// <summary>
/// How a server is known: by authorities of our own, or by those of the system. A file is read again at each handshake,
/// for authorities are rotated. Thread-safe.
/// </summary>
public sealed class ServerTrust
{
    private readonly Func<X509Certificate2Collection>? _authorities;

    private ServerTrust(Func<X509Certificate2Collection>? authorities, string serverName)
    {
        _authorities = authorities;
        ServerName = serverName;
    }

    /// <summary>The name the certificate must have; empty for that of the address.</summary>
    public string ServerName { get; }

    /// <summary>The authorities the machine trusts.</summary>
    public static ServerTrust OfSystem(string serverName) => new(null, serverName);

    /// <summary>The authorities in a PEM file.</summary>
    public static ServerTrust OfFile(string path, string serverName)
    {
        _ = ReadFile(path);
        return new ServerTrust(() => ReadFile(path), serverName);
    }

    /// <summary>The authorities in PEM text.</summary>
    /// <param name="pem">One or more certificates.</param>
    /// <param name="origin">Where it comes from, for messages.</param>
    /// <param name="serverName">The name the certificate must have; empty for that of the address.</param>
    public static ServerTrust OfPem(string pem, string origin, string serverName)
    {
        X509Certificate2Collection authorities = Import(pem, origin);
        return new ServerTrust(() => authorities, serverName);
    }

    /// <summary>For the TLS handshake.</summary>
    public bool Accepts(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & (SslPolicyErrors.RemoteCertificateNotAvailable | SslPolicyErrors.RemoteCertificateNameMismatch)) != 0)
        {
            return false;
        }

        if (_authorities is null)
        {
            return errors == SslPolicyErrors.None;
        }

        using X509Certificate2 server = new(certificate);
        using X509Chain own = new();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities());
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        own.ChainPolicy.DisableCertificateDownloads = true;
        foreach (X509ChainElement element in chain?.ChainElements ?? new X509Chain().ChainElements)
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return own.Build(server);
    }

    private static X509Certificate2Collection ReadFile(string path)
    {
        try
        {
            return Import(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesConfigurationException($"The authorities cannot be read: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Import(string pem, string origin)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new KubernetesConfigurationException($"{origin}: the authorities are no PEM certificates: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new KubernetesConfigurationException($"{origin} holds no certificate.");
    }
}
