using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>A client certificate and its key in files, read again when either was written. Thread-safe.</summary>
public sealed class CertificateFileCredentials : ICredentialSource
{
    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly Lock _lock = new();
    private (DateTime Certificate, DateTime Key) _written;
    private Credential? _credential;

    public CertificateFileCredentials(string certificatePath, string keyPath)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
    }

    public ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            (DateTime, DateTime) written = (File.GetLastWriteTimeUtc(_certificatePath), File.GetLastWriteTimeUtc(_keyPath));
            if (refresh || _credential is null || written != _written)
            {
                _credential = new Credential("", ReadLocked());
                _written = written;
            }

            return ValueTask.FromResult(_credential);
        }
    }

    private X509Certificate2 ReadLocked()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(_certificatePath, _keyPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KubernetesException(
                KubernetesFailure.Credentials, $"The client certificate {_certificatePath} cannot be used with the key {_keyPath}: {e.Message}", e);
        }
    }
}
