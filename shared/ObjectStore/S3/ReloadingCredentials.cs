using Amazon.Runtime;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Keys that are read again when their file changes, as a Kubernetes secret does under a running process, and when the
/// endpoint refuses them. A file that is half written, gone or hangs costs nothing as long as the endpoint takes the keys there were. Thread-safe.
/// </summary>
internal sealed class ReloadingCredentials : AWSCredentials
{
    private readonly S3CredentialSource _source;
    private readonly Func<string, string?> _variable;
    private readonly Lock _gate = new();
    private ImmutableCredentials? _current;
    private (DateTime Written, long Length) _stamp;
    private Task<ImmutableCredentials>? _reading;

    public ReloadingCredentials(S3CredentialSource source, Func<string, string?>? variable = null)
    {
        _source = source;
        _variable = variable ?? Environment.GetEnvironmentVariable;
    }

    /// <summary>How long a reading is waited for.</summary>
    internal TimeSpan ReadMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <exception cref="InvalidDataException">There are no usable keys.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public override ImmutableCredentials GetCredentials()
    {
        lock (_gate)
        {
            (DateTime, long) stamp = Stamp();
            if (_current is null)
            {
                _current = Read(ReadMax);
                _stamp = stamp;
            }
            else if (stamp != _stamp)
            {
                Take(stamp);
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
            _stamp = Stamp();
            _current = Read(ReadMax);
            return _current.AccessKey != refusedKey || _current.SecretKey != refusedSecret;
        }
    }

    // Its stamp stays the former one, so that the file is read until it is whole.
    private void Take((DateTime, long) stamp)
    {
        try
        {
            // Waited for once; then calls go on with the former keys, and look whether it has come to an end.
            _current = Read(_reading is null ? ReadMax : TimeSpan.Zero);
            _stamp = stamp;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // The keys there were are good until the endpoint says otherwise.
        }
    }

    private ImmutableCredentials Read(TimeSpan wait)
    {
        if (_source.File is not { } file)
        {
            return ReadEnvironment();
        }

        // At most one thread is left to a file that hangs, however often the keys are asked for.
        Task<ImmutableCredentials> reading = _reading ??= Task.Factory.StartNew(
            () => CredentialsFile.Read(file, _source.Profile), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([reading], wait) < 0)
        {
            throw new InvalidDataException($"{file} could not be read within {ReadMax.TotalSeconds:0} s: it is a pipe nobody writes to, or on a file system that hangs");
        }

        _reading = null;
        return reading.GetAwaiter().GetResult();
    }

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

        try
        {
            // Kubernetes swaps a link, so the target is what counts.
            FileInfo file = new(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
            return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone; reading it says so.
            return default;
        }
    }
}
