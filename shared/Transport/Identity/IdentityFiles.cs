using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Transport.Identity;

/// <summary>
/// A certificate, its key and the trusted authorities on disk: one PEM file, <c>identity.pem</c>, mode 0600, replaced
/// in one step so that key and certificate always belong together.
/// </summary>
public sealed class IdentityFiles
{
    private const string FileName = "identity.pem";

    private readonly string _directory;
    private readonly TimeProvider _clock;

    public IdentityFiles(string directory, TimeProvider clock)
    {
        _directory = directory;
        _clock = clock;
    }

    /// <summary>The file.</summary>
    public string FilePath => Path.Combine(_directory, FileName);

    /// <summary>True when there is an identity to load; it may have expired.</summary>
    public bool Exists => File.Exists(FilePath);

    /// <summary>Writes the identity durably.</summary>
    public void Save(ECDsa key, X509Certificate2 certificate, IEnumerable<X509Certificate2> authorities)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(certificate);
        PrivateFiles.CreateDirectory(_directory);
        IEnumerable<string> blocks = [key.ExportPkcs8PrivateKeyPem(), certificate.ExportCertificatePem(), .. authorities.Select(a => a.ExportCertificatePem())];
        PrivateFiles.Write(FilePath, string.Join('\n', blocks) + "\n");
    }

    /// <summary>Reads the identity.</summary>
    /// <exception cref="InvalidDataException">The file is missing or malformed; the message names it.</exception>
    public LocalIdentity Load()
    {
        try
        {
            string pem = File.ReadAllText(FilePath);
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPem(pem);
            if (certificates.Count < 2)
            {
                throw new InvalidDataException($"{FilePath} holds {certificates.Count} certificates; it needs its own and at least one authority.");
            }

            X509Certificate2 leaf = X509Certificate2.CreateFromPem(pem, pem);
            TrustedAuthorities authorities = new([.. certificates.Skip(1)], _clock);
            string? uri = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().Select(n => UriNames.Read(n) is [var first, ..] ? first : null).FirstOrDefault();
            return PeerIdentity.TryParse(uri, out PeerIdentity? identity)
                ? new LocalIdentity(identity, leaf, authorities)
                : throw new InvalidDataException($"The certificate in {FilePath} names no identity of this system.");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The identity in {FilePath} cannot be read: {e.Message}", e);
        }
    }
}
