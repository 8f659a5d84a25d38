using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Model.Ids;

namespace K8sBackup.Transport.Identity;

/// <summary>
/// The coordinator's own certificate authority: ECDSA P-256, made at first start, kept as two PEM files
/// (<c>ca.crt</c>, <c>ca.key</c>) in a directory only the coordinator can read. Issues every certificate of the system.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>Life of agent certificates: short, so that a stolen one is soon worthless.</summary>
    public static readonly TimeSpan AgentLifetime = TimeSpan.FromHours(12);

    /// <summary>Life of an operator's certificate, renewed by asking for a new one.</summary>
    public static readonly TimeSpan OperatorLifetime = TimeSpan.FromDays(365);

    /// <summary>Life of the coordinator's server certificate; a new one is made at every start and before it ends.</summary>
    public static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(30);

    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    // Certificates are valid a little before they are made, for nodes whose clock is behind.
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly TimeProvider _clock;
    private readonly ECDsa _key;

    private CertificateAuthority(string cluster, X509Certificate2 certificate, ECDsa key, TimeProvider clock)
    {
        Cluster = cluster;
        Certificate = certificate;
        _key = key;
        _clock = clock;
    }

    /// <summary>Name of the cluster all certificates belong to.</summary>
    public string Cluster { get; }

    /// <summary>The authority's own certificate, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of its certificate, in hexadecimal.</summary>
    public string Fingerprint => Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    /// <summary>Opens the authority in <paramref name="directory"/>, or makes it there when the directory has none.</summary>
    /// <exception cref="InvalidDataException">The files are there and do not belong together or to this cluster.</exception>
    public static CertificateAuthority OpenOrCreate(string directory, string cluster, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (!SourceKey.IsName(cluster))
        {
            throw new ArgumentException($"Not usable as a cluster name: '{cluster}'.", nameof(cluster));
        }

        AuthorityFolder.Recover(directory);
        string certificatePath = Path.Combine(directory, AuthorityFolder.Certificate);
        string keyPath = Path.Combine(directory, AuthorityFolder.Key);
        if (!File.Exists(keyPath) && !File.Exists(certificatePath))
        {
            PrivateFiles.CreateDirectory(directory);
            (string certificate, string key) = Create(cluster, clock);

            // The certificate last: a key without a certificate is an unfinished first start and is refused loudly by Open.
            PrivateFiles.Write(keyPath, key);
            PrivateFiles.Write(certificatePath, certificate);
        }

        return Open(certificatePath, keyPath, cluster, clock);
    }

    /// <summary>A new authority, as certificate and key in PEM.</summary>
    public static (string Certificate, string Key) Create(string cluster, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN=k8sbackup {cluster}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri($"spiffe://{cluster}"));
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = clock.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now - ClockTolerance, now + AuthorityLifetime);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>When an authority of ours issued the certificate.</summary>
    public static DateTimeOffset IssuedAt(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.NotBefore + ClockTolerance;
    }

    /// <summary>Whether the certificate was signed by this authority, whatever else is true of it.</summary>
    public bool Issued(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using ECDsa? key = Certificate.GetECDsaPublicKey();
        return key is not null && CertificateSignature.IsBy(certificate, key);
    }

    /// <summary>A certificate for the public key of a checked request (<see cref="CertificateRequests.ReadPublicKey"/>).</summary>
    public X509Certificate2 IssueClient(PublicKey key, PeerIdentity identity, TimeSpan lifetime)
    {
        CertificateRequest request = NewRequest(key, identity, ClientAuthentication);
        return Sign(request, lifetime);
    }

    /// <summary>A server certificate with its key for the coordinator, valid for the given DNS names and addresses.</summary>
    public X509Certificate2 IssueServer(IEnumerable<string> hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PeerIdentity identity = new(Cluster, Role.Coordinator, "coordinator");
        CertificateRequest request = NewRequest(new PublicKey(key), identity, ServerAuthentication, hosts);
        using X509Certificate2 certificate = Sign(request, ServerLifetime);
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _key.Dispose();
        Certificate.Dispose();
    }

    internal static CertificateAuthority Open(string certificatePath, string keyPath, string cluster, TimeProvider clock)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(certificatePath));
            key.ImportFromPem(File.ReadAllText(keyPath));
            using ECDsa? certified = certificate.GetECDsaPublicKey();
            bool matches = certified is not null
                && certified.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());
            bool sameCluster = certificate.Subject == $"CN=k8sbackup {cluster}";
            if (!matches || !sameCluster)
            {
                certificate.Dispose();
                string cause = matches ? $"it belongs to another cluster than '{cluster}'" : "certificate and key do not belong together";
                throw new InvalidDataException($"The certificate authority in {Path.GetDirectoryName(keyPath)} cannot be used: {cause}.");
            }

            return new CertificateAuthority(cluster, certificate, key, clock);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FileNotFoundException)
        {
            key.Dispose();
            throw new InvalidDataException($"The certificate authority in {Path.GetDirectoryName(keyPath)} cannot be read: {e.Message}", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static CertificateRequest NewRequest(PublicKey key, PeerIdentity identity, string usage, IEnumerable<string>? hosts = null)
    {
        CertificateRequest request = new(new X500DistinguishedName($"CN={identity.Name}"), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddUri(new Uri(identity.ToUri()));
        foreach (string host in hosts ?? [])
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request, TimeSpan lifetime)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        DateTimeOffset end = now + lifetime;
        DateTimeOffset authorityEnd = Certificate.NotAfter;
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f; // A serial number is a positive integer (RFC 5280, 4.1.2.2).
        X509SignatureGenerator generator = X509SignatureGenerator.CreateForECDsa(_key);
        return request.Create(Certificate.SubjectName, generator, now - ClockTolerance, end < authorityEnd ? end : authorityEnd, serial);
    }
}
