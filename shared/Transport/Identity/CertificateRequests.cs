using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>PKCS #10 requests (RFC 2986) as agents send them: a public key and the proof of holding its private half.</summary>
public static class CertificateRequests
{
    /// <summary>Longest request read, in bytes.</summary>
    public const int BytesMax = 8 * 1024;

    /// <summary>A request in DER for the key.</summary>
    public static byte[] Create(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    /// <summary>Checks the self-signature and gives the key; everything else in the request is ignored.</summary>
    /// <exception cref="CryptographicException">It is too long, malformed, not signed by its key, or not ECDSA P-256.</exception>
    public static PublicKey ReadPublicKey(ReadOnlySpan<byte> request)
    {
        if (request.Length > BytesMax)
        {
            throw new CryptographicException($"The certificate request has {request.Length} bytes; {BytesMax} are allowed.");
        }

        CertificateRequest parsed = CertificateRequest.LoadSigningRequest(
            request, HashAlgorithmName.SHA256, out int consumed, CertificateRequestLoadOptions.Default);
        using ECDsa? key = parsed.PublicKey.GetECDsaPublicKey();
        if (consumed != request.Length || key is null || key.KeySize != 256)
        {
            throw new CryptographicException("The certificate request is not for an ECDSA P-256 key.");
        }

        return parsed.PublicKey;
    }
}
