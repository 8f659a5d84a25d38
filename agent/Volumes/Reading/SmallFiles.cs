using K8sBackup.Agent.Upload;
using K8sBackup.FileTree.Reading;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// Small files that are read in one call of the reading thread: a change of threads costs many times what a small file does. Each has the time
/// that a call has. One that hangs is at fault by itself; what was read with it does not count, and is read again alone.
/// </summary>
internal sealed class SmallFiles
{
    /// <summary>Most bytes of a file that counts as small: no longer than the shortest chunk.</summary>
    public const int FileBytesMax = 64 * 1024;

    /// <summary>Most files of one call.</summary>
    public const int FilesMax = 64;

    /// <summary>Bytes from which on no further file is taken into a call.</summary>
    public const int FullBytes = 256 * 1024;

    private readonly IReadOnlyList<Func<FileReader>> _files;
    private readonly NativeBuffer _buffer;
    private readonly SmallRead[] _reads;
    private volatile int _done;
    private volatile bool _isGivenUp;

    private SmallFiles(IReadOnlyList<Func<FileReader>> files, NativeBuffer buffer)
    {
        _files = files;
        _buffer = buffer;
        _reads = new SmallRead[files.Count];
    }

    /// <summary>Reads the files, each opened by its function on the reading thread.</summary>
    public static SmallRead[] Read(ReadingThread thread, IReadOnlyList<Func<FileReader>> files, ReadPacer pacer, CancellationToken cancellationToken)
    {
        SmallFiles small = new(files, thread.Buffer);
        try
        {
            pacer.Take(pacer.Time(() => thread.Run(small.ReadAll, () => small._done)), cancellationToken);
            return small._reads;
        }
        catch (HungReadException hung)
        {
            // The thread may wake up and go on for a moment, in its buffer and in what it noted.
            int at = small._done;
            small._isGivenUp = true;
            SmallRead[] reads = new SmallRead[files.Count];
            reads[Math.Min(at, reads.Length - 1)] = new SmallRead(null, hung);
            return reads;
        }
    }

    private int ReadAll()
    {
        int bytes = 0;
        for (int i = 0; i < _files.Count && !_isGivenUp; i++)
        {
            _reads[i] = ReadOne(_files[i], bytes);
            bytes += _reads[i].File?.Data.Length ?? 0;
            _done = i + 1;
        }

        return bytes;
    }

    private SmallRead ReadOne(Func<FileReader> open, int at)
    {
        try
        {
            using FileReader file = open();
            return new SmallRead(SmallFile.Read(file, _buffer, at), null);
        }
        catch (IOException e)
        {
            return new SmallRead(null, e);
        }
    }
}
