using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>
/// The authorities a process trusts, and nothing else: the machine's own trust store plays no part.
/// More than one while the authority is being changed.
/// </summary>
public sealed class TrustedAuthorities
{
    private readonly Func<X509Certificate2Collection> _authorities;
    private readonly TimeProvider _clock;

    public TrustedAuthorities(X509Certificate2Collection authorities, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(authorities);
        if (authorities.Count == 0)
        {
            throw new ArgumentException("At least one authority is needed.", nameof(authorities));
        }

        _authorities = () => authorities;
        _clock = clock;
    }

    /// <summary>Those that are to be trusted at the moment; at least one at any.</summary>
    public TrustedAuthorities(Func<X509Certificate2Collection> authorities, TimeProvider clock)
    {
        _authorities = authorities;
        _clock = clock;
    }

    public X509Certificate2Collection Certificates => _authorities();

    /// <summary>Who the certificate speaks for, or why it is refused.</summary>
    public IdentityCheck Check(X509Certificate2? certificate, bool asServer)
    {
        if (certificate is null)
        {
            return IdentityCheck.Refused("no certificate was presented");
        }

        // One after the other: two authorities of one cluster have the same name, and a chain is looked for by names.
        string fault = "";
        foreach (X509Certificate2 authority in _authorities())
        {
            fault = Verify(certificate, authority, asServer);
            if (fault.Length == 0)
            {
                return Identify(certificate);
            }
        }

        return IdentityCheck.Refused($"the certificate does not verify: {fault}");
    }

    /// <summary>Empty when the certificate is good and the authority's.</summary>
    private string Verify(X509Certificate2 certificate, X509Certificate2 authority, bool asServer)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = _clock.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(asServer
            ? new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1")
            : new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate) ? "" : string.Join(", ", chain.ChainStatus.Select(s => s.Status).Distinct());
    }

    private static IdentityCheck Identify(X509Certificate2 certificate)
    {
        X509SubjectAlternativeNameExtension? names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string? uri = names is null ? null : UriNames.Read(names).SingleOrDefault();
        return PeerIdentity.TryParse(uri, out PeerIdentity? identity)
            ? IdentityCheck.Accepted(identity)
            : IdentityCheck.Refused("the certificate names no identity of this system");
    }
}
