using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace K8sBackup.Agent.ControlPlaneFiles.Facts;

/// <summary>Reads certificates and public halves of keys from the node's files. Faults are values: what cannot be read is a finding.</summary>
internal sealed class CertificateFiles
{
    // A bundle of authorities is some KiB.
    private const long BytesMax = 1 << 20;
    private const int PerFileMax = 32;

    private readonly HostFiles _host;

    public CertificateFiles(HostFiles host) => _host = host;

    /// <summary>The certificates in a PEM file; the caller disposes them. Empty, with the reason, when there are none.</summary>
    public List<X509Certificate2> Read(string path, out string problem)
    {
        try
        {
            List<X509Certificate2> found = Parse(_host.ReadText(path, BytesMax));
            problem = found.Count > 0 ? "" : "it holds no certificate";
            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            problem = e.Message;
            return [];
        }
    }

    /// <summary>The certificates in the text of a file, also where a kubeconfig has them in base64.</summary>
    public static List<X509Certificate2> Parse(string text)
    {
        List<X509Certificate2> found = [];
        foreach (string pem in new[] { text }.Concat(Embedded(text)))
        {
            ReadOnlySpan<char> rest = pem;
            while (found.Count < PerFileMax && PemEncoding.TryFind(rest, out PemFields fields))
            {
                if (rest[fields.Label] is "CERTIFICATE")
                {
                    found.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
                }

                rest = rest[fields.Location.End..];
            }
        }

        return found;
    }

    public static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    /// <summary>Fingerprint of the public key in a file that holds a public key, a private key or a certificate; empty, with the reason, when it holds none.</summary>
    public string KeyFingerprint(string path, out string problem)
    {
        try
        {
            problem = "";
            return Convert.ToHexStringLower(SHA256.HashData(PublicKey(_host.ReadText(path, BytesMax))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Messages about keys are not passed on: they may quote them.
            problem = e is IOException or UnauthorizedAccessException ? e.Message : "it holds no key in PEM";
            return "";
        }
    }

    /// <summary>True when the private key in the file is that of the certificate.</summary>
    public bool KeyFits(X509Certificate2 certificate, string keyPath, out string problem)
    {
        string key = KeyFingerprint(keyPath, out problem);
        return key.Length > 0 && key == Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>True when one of the authorities signed the certificate; their times of validity do not matter here.</summary>
    public static bool IsSigned(X509Certificate2 certificate, IReadOnlyList<X509Certificate2> authorities)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (X509Certificate2 authority in authorities)
        {
            chain.ChainPolicy.CustomTrustStore.Add(authority);
        }

        return chain.Build(certificate);
    }

    private static byte[] PublicKey(string text)
    {
        if (text.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal))
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(text);
            return certificate.PublicKey.ExportSubjectPublicKeyInfo();
        }

        try
        {
            using RSA rsa = RSA.Create();
            rsa.ImportFromPem(text);
            return rsa.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            using ECDsa elliptic = ECDsa.Create();
            elliptic.ImportFromPem(text);
            return elliptic.ExportSubjectPublicKeyInfo();
        }
    }

    private static IEnumerable<string> Embedded(string text)
    {
        foreach (string line in text.Split('\n').Where(line => line.Contains("client-certificate-data:", StringComparison.Ordinal)).Take(PerFileMax))
        {
            byte[] bytes = new byte[line.Length];
            if (Convert.TryFromBase64String(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), bytes, out int length))
            {
                yield return Encoding.UTF8.GetString(bytes, 0, length);
            }
        }
    }
}
