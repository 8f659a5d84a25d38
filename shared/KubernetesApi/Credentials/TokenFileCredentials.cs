using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Credentials;

/// <summary>
/// A token in a file, which the kubelet writes anew long before it expires. Read again every minute, as the official
/// clients do, and whenever the server did not take it. Thread-safe.
/// </summary>
public sealed class TokenFileCredentials : ICredentialSource
{
    /// <summary>Tokens last ten minutes at least and are renewed at four fifths of that.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(1);

    /// <summary>Tokens have one or two kilobytes.</summary>
    private const int TokenBytesMax = 64 * 1024;

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private Credential? _credential;
    private long _readAt;

    public TokenFileCredentials(string path, TimeProvider clock)
    {
        _path = path;
        _clock = clock;
    }

    public ValueTask<Credential> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (refresh || _credential is null || _clock.GetElapsedTime(_readAt) >= AgeMax)
            {
                _credential = ReadLocked();
                _readAt = _clock.GetTimestamp();
            }

            return ValueTask.FromResult(_credential);
        }
    }

    private Credential ReadLocked()
    {
        try
        {
            if (new FileInfo(_path).Length > TokenBytesMax)
            {
                throw new KubernetesException(KubernetesFailure.Credentials, $"{_path} is larger than a token can be.");
            }

            string token = File.ReadAllText(_path).Trim();
            return token.Length > 0
                ? new Credential(token, null)
                : throw new KubernetesException(KubernetesFailure.Credentials, $"{_path} is empty; a token is expected.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubernetesException(KubernetesFailure.Credentials, $"The token cannot be read: {e.Message}", e);
        }
    }
}
