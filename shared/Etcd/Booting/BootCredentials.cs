using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// An authority and one certificate of it, for a server under test and its only client. The data are all of a cluster's
/// secrets, and where no namespace shields the server every user of the node could call it. Gone with the scratch directory.
/// </summary>
/// <param name="AuthorityFile">PEM of the authority.</param>
/// <param name="CertificateFile">PEM of the certificate of server and client.</param>
/// <param name="KeyFile">PEM of its key.</param>
internal sealed record BootCredentials(string AuthorityFile, string CertificateFile, string KeyFile)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>Makes and writes them.</summary>
    public static BootCredentials Create(string directory, DateTimeOffset now)
    {
        var (from, until) = (now.AddDays(-1), now.AddDays(2));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=boot test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        // Where etcd's own users are switched on, a client's name is its user.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUse), new Oid(ClientUse)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(SerialBytes));

        var credentials = new BootCredentials(
            Path.Combine(directory, "ca.crt"), Path.Combine(directory, "etcd.crt"), Path.Combine(directory, "etcd.key"));
        File.WriteAllText(credentials.AuthorityFile, authority.ExportCertificatePem());
        File.WriteAllText(credentials.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(credentials.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return credentials;
    }
}
