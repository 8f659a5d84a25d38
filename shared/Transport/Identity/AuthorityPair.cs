using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>The authority of a cluster, and the next one while it takes over.</summary>
public sealed class AuthorityPair : IDisposable
{
    private AuthorityPair(CertificateAuthority serving, CertificateAuthority? next)
    {
        Serving = serving;
        Next = next;
        Certificates = next is null ? [serving.Certificate] : [next.Certificate, serving.Certificate];
    }

    /// <summary>The one everybody knows the coordinator by.</summary>
    public CertificateAuthority Serving { get; }

    /// <summary>Null when none takes over.</summary>
    public CertificateAuthority? Next { get; }

    /// <summary>The one that issues the certificates of nodes and operators: whoever renews needs no second time.</summary>
    public CertificateAuthority Issuing => Next ?? Serving;

    /// <summary>Those to trust.</summary>
    public X509Certificate2Collection Certificates { get; }

    /// <summary>Opens what is in the directory; makes an authority where there is none.</summary>
    /// <exception cref="InvalidDataException">The files are there and do not belong together or to this cluster.</exception>
    public static AuthorityPair OpenOrCreate(string directory, string cluster, TimeProvider clock)
    {
        CertificateAuthority serving = CertificateAuthority.OpenOrCreate(directory, cluster, clock);
        string next = Path.Combine(directory, AuthorityFolder.NextCertificate);
        try
        {
            return new AuthorityPair(
                serving, File.Exists(next) ? CertificateAuthority.Open(next, Path.Combine(directory, AuthorityFolder.NextKey), cluster, clock) : null);
        }
        catch
        {
            serving.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Serving.Dispose();
        Next?.Dispose();
    }
}
