using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Downloads;

/// <summary>
/// The file a download goes to. Bytes go to <c>FILE.partial</c> (mode 0600), which takes the name when all is there
/// and is removed otherwise.
/// </summary>
internal sealed class DownloadFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _partialPath;
    private readonly bool _replaces;
    private bool _isCommitted;

    private DownloadFile(string path, bool replaces)
    {
        _path = path;
        _partialPath = path + ".partial";
        _replaces = replaces;
        Stream = new FileStream(_partialPath, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 256 * 1024,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public Stream Stream { get; }

    /// <summary>Where the bytes are until they have the file's name.</summary>
    public string PartialPath => _partialPath;

    /// <summary>Makes the partial file.</summary>
    /// <exception cref="BackupException">The file exists and may not be replaced.</exception>
    public static DownloadFile Create(string path, bool replaces) => !replaces && Path.Exists(path)
        ? throw new BackupException(FailureCause.TargetUnusable, $"{path} exists; name another file or add --force.")
        : new DownloadFile(path, replaces);

    /// <summary>Gives the file its name.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await Stream.FlushAsync(cancellationToken);
        await Stream.DisposeAsync();
        File.Move(_partialPath, _path, _replaces);
        _isCommitted = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isCommitted)
        {
            return;
        }

        try
        {
            await Stream.DisposeAsync();
        }
        catch (IOException)
        {
            // A full disk refuses the last bytes again; the first report stands and the file goes anyway.
        }

        File.Delete(_partialPath);
    }
}
