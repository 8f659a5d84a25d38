using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>What a process proves to others: its certificate with key, and whom it trusts.</summary>
public sealed record LocalIdentity(PeerIdentity Peer, X509Certificate2 Certificate, TrustedAuthorities Authorities)
{
    /// <summary>When renewal is due: a third of the certificate's life after it began.</summary>
    public DateTimeOffset RenewAt
    {
        get
        {
            DateTimeOffset start = Certificate.NotBefore;
            DateTimeOffset end = Certificate.NotAfter;
            return start + ((end - start) / 3);
        }
    }
}
