using Amazon.Runtime;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Keys that are read again when their file changes, as a Kubernetes secret does under a running process, and when the
/// endpoint refuses them. Thread-safe.
/// </summary>
internal sealed class ReloadingCredentials : AWSCredentials
{
    private readonly S3CredentialSource _source;
    private readonly Func<string, string?> _variable;
    private readonly Lock _gate = new();
    private ImmutableCredentials? _current;
    private (DateTime Written, long Length) _stamp;

    public ReloadingCredentials(S3CredentialSource source, Func<string, string?>? variable = null)
    {
        _source = source;
        _variable = variable ?? Environment.GetEnvironmentVariable;
    }

    /// <exception cref="InvalidDataException">There are no usable keys.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public override ImmutableCredentials GetCredentials()
    {
        lock (_gate)
        {
            (DateTime, long) stamp = Stamp();
            if (_current is null || stamp != _stamp)
            {
                _current = Read();
                _stamp = stamp;
            }

            return _current;
        }
    }

    public override Task<ImmutableCredentials> GetCredentialsAsync() => Task.FromResult(GetCredentials());

    /// <summary>Reads again, whatever the file's time says; true when the keys differ from those with the given access key.</summary>
    public bool Renew(string refusedKey, string refusedSecret)
    {
        lock (_gate)
        {
            _current = null;
        }

        ImmutableCredentials now = GetCredentials();
        return now.AccessKey != refusedKey || now.SecretKey != refusedSecret;
    }

    private ImmutableCredentials Read() => _source.File is { } file ? CredentialsFile.Read(file, _source.Profile) : ReadEnvironment();

    private ImmutableCredentials ReadEnvironment() =>
        _variable("AWS_ACCESS_KEY_ID") is { Length: > 0 } key && _variable("AWS_SECRET_ACCESS_KEY") is { Length: > 0 } secret
            ? new ImmutableCredentials(key, secret, _variable("AWS_SESSION_TOKEN"))
            : throw new InvalidDataException("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and no credentials file is named");

    private (DateTime Written, long Length) Stamp()
    {
        if (_source.File is not { } path)
        {
            return default;
        }

        // Kubernetes swaps a link, so the target is what counts.
        FileInfo file = new(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}
