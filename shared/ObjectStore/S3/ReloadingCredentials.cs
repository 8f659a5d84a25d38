using Amazon.Runtime;

namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// Keys that are read again soon after their file changed, as a Kubernetes secret does under a running process, and when the
/// endpoint refuses them. A file that is half written, gone or hangs costs nothing as long as the endpoint takes the keys there were. Thread-safe.
/// </summary>
internal sealed class ReloadingCredentials : AWSCredentials
{
    private readonly S3CredentialSource _source;
    private readonly Func<string, string?> _variable;
    private readonly Lock _gate = new();
    private ImmutableCredentials? _current;
    private (DateTime Written, long Length) _stamp;
    private long _lookedAt;
    private Task<Seen>? _looking;

    public ReloadingCredentials(S3CredentialSource source, Func<string, string?>? variable = null)
    {
        _source = source;
        _variable = variable ?? Environment.GetEnvironmentVariable;
    }

    /// <summary>How long a look at the file is waited for.</summary>
    internal TimeSpan ReadMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the file is looked at while the endpoint takes the keys: not for every call.</summary>
    internal TimeSpan LookEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>When the file was written, and how long it is: asks the file system, which may hang.</summary>
    internal Func<string, (DateTime Written, long Length)> StampOf { get; set; } = Stamp;

    /// <exception cref="InvalidDataException">There are no usable keys.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public override ImmutableCredentials GetCredentials()
    {
        lock (_gate)
        {
            if (_current is null)
            {
                return Read();
            }

            if (_source.File is not null && TimeProvider.System.GetElapsedTime(_lookedAt) >= LookEvery)
            {
                LookAgain();
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
            ImmutableCredentials current = Read();
            return current.AccessKey != refusedKey || current.SecretKey != refusedSecret;
        }
    }

    private ImmutableCredentials Read()
    {
        if (_source.File is not { } file)
        {
            return _current = ReadEnvironment();
        }

        // A look that went on already may have found the file unchanged, and read nothing.
        Seen seen = Look(file, null, ReadMax);
        seen = seen.Keys is null ? Look(file, null, ReadMax) : seen;
        _stamp = seen.Stamp;
        return _current = seen.Keys!;
    }

    // What cannot be read leaves the stamp as it was, so that the file is read until it is whole.
    private void LookAgain()
    {
        try
        {
            // Waited for once; then calls go on with the former keys, and look whether it has come to an end.
            Seen seen = Look(_source.File!, _stamp, _looking is null ? ReadMax : TimeSpan.Zero);
            (_current, _stamp) = (seen.Keys ?? _current, seen.Stamp);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // The keys there were are good until the endpoint says otherwise.
        }
    }

    private Seen Look(string file, (DateTime, long)? known, TimeSpan wait)
    {
        // At most one thread is left to a file, or a file system, that hangs, however often the keys are asked for.
        Task<Seen> looking = _looking ??= Task.Factory.StartNew(() => See(file, known), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([looking], wait) < 0)
        {
            throw new InvalidDataException($"{file} could not be read within {ReadMax.TotalSeconds:0} s: it is a pipe nobody writes to, or on a file system that hangs");
        }

        _looking = null;
        _lookedAt = TimeProvider.System.GetTimestamp();
        return looking.GetAwaiter().GetResult();
    }

    private Seen See(string file, (DateTime, long)? known)
    {
        (DateTime, long) stamp = StampOf(file);
        return new Seen(stamp, stamp == known ? null : CredentialsFile.Read(file, _source.Profile));
    }

    private ImmutableCredentials ReadEnvironment() =>
        _variable("AWS_ACCESS_KEY_ID") is { Length: > 0 } key && _variable("AWS_SECRET_ACCESS_KEY") is { Length: > 0 } secret
            ? new ImmutableCredentials(key, secret, _variable("AWS_SESSION_TOKEN"))
            : throw new InvalidDataException("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and no credentials file is named");

    private static (DateTime Written, long Length) Stamp(string path)
    {
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

    /// <summary>The file as it was seen; no keys when it was as known.</summary>
    private sealed record Seen((DateTime Written, long Length) Stamp, ImmutableCredentials? Keys);
}
