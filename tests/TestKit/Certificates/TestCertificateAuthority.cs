using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.TestKit.Certificates;

/// <summary>
/// A certificate authority that lives as long as a test: ECDSA P-256, made in memory, never written unless asked.
/// Thread-safe. Certificates it issues belong to the caller.
/// </summary>
public sealed class TestCertificateAuthority : IDisposable
{
    private const string ServerAuthenticationOid = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthenticationOid = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _certificate;

    private TestCertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>The authority's own certificate, without its private key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_certificate.RawData);

    /// <summary>The authority's certificate as PEM text.</summary>
    public string CertificatePem => _certificate.ExportCertificatePem();

    /// <summary>Makes a new authority, valid from two days ago for ten days.</summary>
    public static TestCertificateAuthority Create(string commonName = "K8sBackup test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        return new TestCertificateAuthority(request.CreateSelfSigned(now.AddDays(-2), now.AddDays(8)));
    }

    /// <summary>A certificate for a server on this machine: <c>localhost</c>, 127.0.0.1 and ::1, plus further DNS names.</summary>
    public X509Certificate2 IssueServer(string commonName = "localhost", params string[] dnsNames) =>
        Issue(new TestCertificate
        {
            CommonName = commonName,
            DnsNames = ["localhost", .. dnsNames],
            IpAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
        });

    /// <summary>A certificate for a client, with URI subject alternative names where given.</summary>
    public X509Certificate2 IssueClient(string commonName, params Uri[] uris) =>
        Issue(new TestCertificate { CommonName = commonName, Uris = uris, ServerAuthentication = false });

    /// <summary>Issues a certificate with its private key.</summary>
    public X509Certificate2 Issue(TestCertificate wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(wanted), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(Usages(wanted), false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        AddAlternativeNames(request, wanted);
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(
            _certificate,
            wanted.NotBefore ?? now.AddHours(-1),
            wanted.NotAfter ?? now.AddDays(1),
            RandomNumberGenerator.GetBytes(16));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A chain policy that trusts this authority alone, for the TLS options of a client or a server.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.Add(Certificate);
        return policy;
    }

    /// <summary>Writes the authority's certificate into the folder and returns the path.</summary>
    public string WriteCertificate(string directory, string name = "ca")
    {
        var path = Path.Combine(directory, name + ".crt");
        File.WriteAllText(path, CertificatePem + "\n");
        return path;
    }

    /// <summary>Writes a certificate and its private key into the folder as <c>name.crt</c> and <c>name.key</c>.</summary>
    public static PemFiles Write(X509Certificate2 certificate, string directory, string name)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var files = new PemFiles(Path.Combine(directory, name + ".crt"), Path.Combine(directory, name + ".key"));
        using var key = certificate.GetECDsaPrivateKey()
            ?? throw new ArgumentException("The certificate has no ECDSA private key.", nameof(certificate));
        File.WriteAllText(files.CertificatePath, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(files.KeyPath, key.ExportPkcs8PrivateKeyPem() + "\n");
        return files;
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private static X500DistinguishedName Subject(TestCertificate wanted)
    {
        var builder = new X500DistinguishedNameBuilder();
        foreach (var organization in wanted.Organizations)
        {
            builder.AddOrganizationName(organization);
        }

        builder.AddCommonName(wanted.CommonName);
        return builder.Build();
    }

    private static OidCollection Usages(TestCertificate wanted)
    {
        var usages = new OidCollection();
        if (wanted.ServerAuthentication)
        {
            usages.Add(new Oid(ServerAuthenticationOid));
        }

        if (wanted.ClientAuthentication)
        {
            usages.Add(new Oid(ClientAuthenticationOid));
        }

        return usages;
    }

    private static void AddAlternativeNames(CertificateRequest request, TestCertificate wanted)
    {
        if (wanted.DnsNames.Count + wanted.IpAddresses.Count + wanted.Uris.Count == 0)
        {
            return;
        }

        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in wanted.DnsNames)
        {
            names.AddDnsName(name);
        }

        foreach (var address in wanted.IpAddresses)
        {
            names.AddIpAddress(address);
        }

        foreach (var uri in wanted.Uris)
        {
            names.AddUri(uri);
        }

        request.CertificateExtensions.Add(names.Build());
    }
}
