using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.FakeKube.Access;

/// <summary>An authority of its own, the server's certificate, and client certificates it signs.</summary>
public sealed class ServerIdentity : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _now;

    public ServerIdentity(DateTimeOffset now)
    {
        _now = now;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=fake-kube-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        // By this one is told from another of the same name, as after a rotation.
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(3650));
        Server = Issue("CN=kube-apiserver", "1.3.6.1.5.5.7.3.1", ["kubernetes.default.svc", "localhost"]);
    }

    public X509Certificate2 Server { get; }

    public string AuthorityPem => _authority.ExportCertificatePem() + "\n";

    /// <summary>A client certificate for a user, with its key.</summary>
    public X509Certificate2 IssueClient(string user) => Issue($"CN={user}, O=system:authenticated", "1.3.6.1.5.5.7.3.2", []);

    public bool HasIssued(X509Certificate2 certificate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    public void Dispose()
    {
        Server.Dispose();
        _authority.Dispose();
    }

    private X509Certificate2 Issue(string subject, string usage, string[] names)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (names.Length > 0)
        {
            SubjectAlternativeNameBuilder alternatives = new();
            alternatives.AddIpAddress(IPAddress.Loopback);
            foreach (string name in names)
            {
                alternatives.AddDnsName(name);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        using X509Certificate2 bare = request.Create(_authority, _now.AddDays(-1), _now.AddDays(3000), RandomNumberGenerator.GetBytes(12));
        using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }
}
