using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>Signatures of certificates (RFC 5280, 4.1: the signature covers the first element of the certificate's sequence).</summary>
internal static class CertificateSignature
{
    /// <summary>Whether the certificate carries a signature of the key.</summary>
    public static bool IsBy(X509Certificate2 certificate, ECDsa key)
    {
        try
        {
            AsnReader parts = new AsnReader(certificate.RawData, AsnEncodingRules.DER).ReadSequence();
            ReadOnlyMemory<byte> signedPart = parts.ReadEncodedValue();
            parts.ReadEncodedValue();
            byte[] signature = parts.ReadBitString(out _);
            return key.VerifyData(signedPart.Span, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return false;
        }
    }
}
