using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>Opens the files of one capture, each on the capture's reading thread; a thread that hangs gets a successor.</summary>
internal sealed class PatientReader : IDisposable
{
    /// <summary>A file system that hangs with this many files is not asked for more.</summary>
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

    /// <summary>Opens a file; <paramref name="open"/> runs on the reading thread.</summary>
    /// <exception cref="IOException">It cannot be opened, or hangs.</exception>
    /// <exception cref="BackupException">Too many files hang.</exception>
    public PatientFile Open(Func<FileReader> open)
    {
        if (_thread is { IsAbandoned: true } hung)
        {
            hung.End();
            _thread = null;
            if (++_hung >= HungMax)
            {
                throw new BackupException(FailureCause.SourceUnreadable, $"{_hung} files hang; their file system does not answer.");
            }
        }

        _thread ??= new ReadingThread(_policy.HungAfter, _policy.Clock);
        return PatientFile.Open(_thread, open, _policy.Pacer, _cancellationToken);
    }

    public void Dispose() => _thread?.End();
}
