using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Channels;

/// <summary>Recognises the coordinator by its authority's bare key, before the authority's certificate is known.</summary>
internal static class AuthorityKeyCheck
{
    /// <summary>True when the certificate is a coordinator's, is valid now, and carries a signature of the token's authority key.</summary>
    public static bool IsCoordinatorSignedBy(X509Certificate2 certificate, JoinToken token, TimeProvider clock)
    {
        DateTimeOffset now = clock.GetUtcNow();
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            return false;
        }

        try
        {
            using ECDsa key = token.AuthorityKey();
            string? uri = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .Select(names => UriNames.Read(names) is [var first, ..] ? first : null)
                .FirstOrDefault();
            return CertificateSignature.IsBy(certificate, key) && PeerIdentity.TryParse(uri, out PeerIdentity? peer) && peer.Role == Role.Coordinator;
        }
        catch (Exception e) when (e is System.Formats.Asn1.AsnContentException or CryptographicException)
        {
            return false;
        }
    }
}
