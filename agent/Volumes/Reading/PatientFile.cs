using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.ContentDefined;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// A file that is read on a thread which may hang: what <see cref="FileReader"/> gives, with a limit for every answer.
/// A small file is read whole, looked at again and closed in the call that opens it: a change of threads costs more than all that.
/// </summary>
internal sealed class PatientFile : IDisposable
{
    /// <summary>Most bytes of one read.</summary>
    public const int ReadBytes = 2 * CutterSizes.ChunkBytesMax;

    private const int SmallBytes = 64 * 1024;

    private readonly ReadingThread _thread;
    private readonly FileReader _file;
    private readonly ReadPacer _pacer;
    private readonly CancellationToken _cancellationToken;
    private readonly FirstPart _first;
    private bool _firstIsThere = true;

    private PatientFile(ReadingThread thread, FileReader file, FirstPart first, ReadPacer pacer, CancellationToken cancellationToken)
    {
        _thread = thread;
        _file = file;
        _first = first;
        _pacer = pacer;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Status when the file was opened.</summary>
    public FileStatus Status => _file.Status;

    /// <summary>Extended attributes when it was opened.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes => _first.Attributes;

    /// <summary>Bytes the file turned out to have.</summary>
    public long Size => _file.Size;

    /// <exception cref="IOException">It cannot be opened, or hangs.</exception>
    public static PatientFile Open(ReadingThread thread, Func<FileReader> open, ReadPacer pacer, CancellationToken cancellationToken)
    {
        (FileReader file, FirstPart first) = thread.Run(() =>
        {
            FileReader opened = open();
            try
            {
                return !thread.IsAbandoned ? (opened, FirstPart.Read(opened, thread.Buffer)) : throw new OperationCanceledException("Nobody waits for the file any more.");
            }
            catch
            {
                opened.Dispose();
                throw;
            }
        });
        pacer.Take(first.Bytes, cancellationToken);
        return new PatientFile(thread, file, first, pacer, cancellationToken);
    }

    /// <inheritdoc cref="FileReader.NextSegment"/>
    public bool NextSegment(long from, out long start, out long end)
    {
        (bool found, start, end) = from == 0 ? (_first.IsFound, _first.Start, _first.End)
            : from >= Size ? (false, Size, Size)
            : _thread.Run(() => (_file.NextSegment(from, out long s, out long e), s, e));
        return found;
    }

    /// <inheritdoc cref="FileReader.Read"/>
    public int Read(long offset, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int wanted = Math.Min(ReadBytes, buffer.Length - done);
            ReadOnlySpan<byte> read = ReadPart(offset + done, wanted);
            read.CopyTo(buffer[done..]);
            done += read.Length;
            if (read.Length < wanted)
            {
                break;
            }
        }

        return done;
    }

    /// <inheritdoc cref="FileReader.HasChanged"/>
    public bool HasChanged() => _first.HasChanged ?? _thread.Run(_file.HasChanged);

    // Not waited for: closing may hang as well.
    public void Dispose()
    {
        if (_first.HasChanged is null)
        {
            _thread.Post(_file.Dispose);
        }
    }

    private ReadOnlySpan<byte> ReadPart(long offset, int wanted)
    {
        Span<byte> buffer = _thread.Buffer.GetSpan();
        if (_first.HasChanged is not null)
        {
            long from = offset - _first.Start;
            return from < 0 || from > _first.Bytes ? [] : buffer.Slice((int)from, Math.Min(wanted, _first.Bytes - (int)from));
        }

        if (_firstIsThere && offset == _first.Start && _first.Bytes > 0 && wanted == _first.End - _first.Start)
        {
            return buffer[.._first.Bytes];
        }

        _firstIsThere = false;
        _pacer.Take(wanted, _cancellationToken);
        return buffer[.._pacer.Time(() => _thread.Run(() => _file.Read(offset, _thread.Buffer.GetSpan()[..wanted])))];
    }

    /// <summary>The first segment, and how much of it is in the buffer; what became of the file when that was all of it.</summary>
    private sealed record FirstPart(IReadOnlyList<ExtendedAttribute> Attributes, bool IsFound, long Start, long End, int Bytes, bool? HasChanged)
    {
        public static FirstPart Read(FileReader file, NativeBuffer buffer)
        {
            IReadOnlyList<ExtendedAttribute> attributes = file.ReadAttributes();
            bool found = file.NextSegment(0, out long start, out long end);
            bool isSmall = found && end - start <= SmallBytes;
            int bytes = isSmall ? file.Read(start, buffer.GetSpan()[..(int)(end - start)]) : 0;
            if (found && (!isSmall || end < file.Size))
            {
                return new FirstPart(attributes, found, start, end, bytes, null);
            }

            bool hasChanged = file.HasChanged();
            file.Dispose();
            return new FirstPart(attributes, found, start, end, bytes, hasChanged);
        }
    }
}
