using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>
/// Names of one directory that are to be visited, looked at together: a change of threads for each would cost more than the look itself.
/// A look that does not return is that name's fault, and the names after it are looked at anew. Short, and of nothing that comes after
/// a directory, so that what was seen is of now. One thread.
/// </summary>
internal sealed class Looks
{
    /// <summary>Most names looked at together.</summary>
    public const int Max = 64;

    private readonly List<byte[]> _paths = new(4);
    private Attempt? _attempt;
    private int _first;
    private int _next;

    /// <summary>True when all names were taken.</summary>
    public bool IsEmpty => _next == _paths.Count;

    public bool IsFull => _paths.Count == Max;

    public void Add(byte[] path) => _paths.Add(path);

    public void Clear()
    {
        _paths.Clear();
        (_attempt, _first, _next) = (null, 0, 0);
    }

    /// <summary>Forgets what was seen of the names that were not taken yet: they are looked at again.</summary>
    public void Forget() => _attempt = null;

    /// <summary>Goes to the next name.</summary>
    public byte[] Take() => _paths[_next++];

    /// <summary>What is there under the name that was taken last.</summary>
    /// <exception cref="LinuxException">It is gone, or the file system refuses.</exception>
    /// <exception cref="IOException">The look did not return.</exception>
    public FileStatus Look(SafeFileHandle directory, IWalkCalls calls)
    {
        int index = _next - 1;
        if (_attempt is null || index >= _first + _attempt.Valid)
        {
            if (_attempt?.Fault is { } fault && index == _first + _attempt.Valid)
            {
                _attempt = null;
                throw fault;
            }

            // Of its own: one that was given up may still write to what it has.
            (_attempt, _first) = (new Attempt(directory, [.. _paths.Skip(index)]), index);
            _attempt.Run(calls);
            if (_attempt is { Valid: 0, Fault: { } first })
            {
                _attempt = null;
                throw first;
            }
        }

        (FileStatus? status, int error) = _attempt.Seen[index - _first];
        return status ?? throw new LinuxException("statx", error);
    }

    private sealed class Attempt(SafeFileHandle directory, byte[][] paths)
    {
        private volatile int _done;
        private volatile bool _isGivenUp;

        public (FileStatus? Status, int Error)[] Seen { get; } = new (FileStatus?, int)[paths.Length];

        /// <summary>How many names were seen; the fault is that of the next one.</summary>
        public int Valid { get; private set; }

        public IOException? Fault { get; private set; }

        public void Run(IWalkCalls calls)
        {
            try
            {
                calls.Run(Make, () => _done);
            }
            catch (IOException e)
            {
                (_isGivenUp, Fault) = (true, e);
            }

            Valid = _done;
        }

        private bool Make()
        {
            for (int i = 0; i < paths.Length && !_isGivenUp; i++)
            {
                int error = Metadata.Look(directory, WalkEntries.NameOf(paths[i]), out FileStatus? status);
                Seen[i] = (status, error);
                _done = i + 1;
            }

            return true;
        }
    }
}
