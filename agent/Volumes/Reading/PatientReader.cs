using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// Makes the calls of one capture to the file system, all on the capture's reading thread; a thread that hangs is left behind and gets
/// a successor. Files are opened and read, directories walked.
/// </summary>
internal sealed class PatientReader : IWalkCalls, IDisposable
{
    /// <summary>A file system that hangs with this many files and directories is not asked for more: each is a thread.</summary>
    public const int HungMax = 4;

    private readonly ReadPolicy _policy;
    private readonly CancellationToken _cancellationToken;
    private ReadingThread? _thread;
    private int _hung;

    public PatientReader(ReadPolicy policy, CancellationToken cancellationToken)
    {
        _policy = policy;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Makes one call with a thread of its own.</summary>
    /// <exception cref="HungReadException">It did not end in time.</exception>
    public static T Once<T>(ReadPolicy policy, Func<T> call)
    {
        using PatientReader reader = new(policy, CancellationToken.None);
        return reader.Run(call);
    }

    /// <summary>Opens a file; <paramref name="open"/> runs on the reading thread.</summary>
    /// <exception cref="IOException">It cannot be opened, or hangs.</exception>
    /// <exception cref="BackupException">Too much hangs.</exception>
    public PatientFile Open(Func<FileReader> open) => PatientFile.Open(Thread(), open, _policy.Pacer, _cancellationToken);

    /// <summary>Reads several small files in one call; what they hold lies in a buffer that the next call fills anew.</summary>
    /// <exception cref="BackupException">Too much hangs.</exception>
    public SmallRead[] ReadTogether(IReadOnlyList<Func<FileReader>> files) => SmallFiles.Read(Thread(), files, _policy.Pacer, _cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="BackupException">Too much hangs.</exception>
    public T Run<T>(Func<T> call, Func<int>? progress = null) => Thread().Run(call, progress);

    public void Dispose() => _thread?.End();

    private ReadingThread Thread()
    {
        if (_thread is { IsAbandoned: true } hung)
        {
            hung.End();
            _thread = null;
            _hung++;
        }

        return _hung >= HungMax
            ? throw new BackupException(FailureCause.SourceUnreadable, $"{_hung} files or directories hang; their file system does not answer.")
            : _thread ??= new ReadingThread(_policy.HungAfter, _policy.Clock, _cancellationToken);
    }
}
