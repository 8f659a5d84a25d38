using System.Runtime.InteropServices;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Reading;

/// <summary>
/// Reads one open file: its data segments, without its holes, and whether it changed meanwhile. Pages that reading
/// brought into the kernel's cache are dropped again, so that the workload's own pages stay there.
/// </summary>
public sealed class FileReader : IDisposable
{
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int AdviceSequential = 2;
    private const int AdviceNoReuse = 5;

    // What is read in one call has no use for advice.
    private const int AdvisedBytesMin = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly FileStatus _before;
    private readonly PageCache _cache;
    private readonly long? _writes;
    private long _end;

    /// <param name="file">The open file; the reader's from here on.</param>
    /// <param name="before">Its status; of a device with the device's size.</param>
    internal FileReader(SafeFileHandle file, FileStatus before)
    {
        _file = file;
        _writes = before.Kind == EntryKind.BlockDevice ? BlockDevices.SectorsWritten(before.Device) : null;
        _before = before;
        _end = before.Size;
        _cache = new PageCache(file);
        if (before.Size > AdvisedBytesMin)
        {
            // Advice may be refused; reading works all the same.
            _ = Libc.Advise(file, 0, 0, AdviceSequential);
            _ = Libc.Advise(file, 0, 0, AdviceNoReuse);
        }
    }

    /// <summary>Status when the file was opened. Bytes beyond this size are not read.</summary>
    public FileStatus Status => _before;

    /// <summary>Bytes the file turned out to have: the size at opening, or less when it shrank while it was read.</summary>
    public long Size => _end;

    /// <summary>The data segment at or after an offset; false when only holes follow.</summary>
    /// <exception cref="LinuxException">The file cannot be examined.</exception>
    public bool NextSegment(long from, out long start, out long end)
    {
        start = end = _end;
        if (from >= _end)
        {
            return false;
        }

        if (_end <= AdvisedBytesMin && _before.Allocated >= _end)
        {
            // Nothing is left out of it, or so little that asking costs more.
            start = from;
            return true;
        }

        start = Libc.Seek(_file, from, SeekData);
        if (start < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.NoDeviceOrAddress)
            {
                return false;
            }

            // A file system without holes says EINVAL: everything is data.
            start = error == Errno.Invalid ? from : throw new LinuxException("lseek", error);
        }

        end = Libc.Seek(_file, start, SeekHole);
        end = end < 0 ? _end : Math.Min(end, _end);
        return start < end;
    }

    /// <summary>
    /// Fills the buffer from an offset, as far as the file goes. Less than asked for means that the file ends there: it shrank,
    /// and <see cref="Size"/> says to what.
    /// </summary>
    /// <exception cref="IOException">The bytes cannot be read.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, Math.Max(0, _end - offset));
        int done = 0;
        _cache.BeforeRead(offset, wanted, _end);
        while (done < wanted)
        {
            int read = ReadAt(offset + done, buffer[done..wanted]);
            if (read == 0)
            {
                _end = Math.Min(_end, offset + done);
                break;
            }

            done += read;
        }

        _cache.AfterRead(offset, done);
        return done;
    }

    /// <summary>Extended attributes of the file.</summary>
    /// <exception cref="LinuxException">They cannot be read.</exception>
    public IReadOnlyList<ExtendedAttribute> ReadAttributes() => Metadata.AttributesOfOpen(_file);

    /// <summary>
    /// True when size, modification or change time are no longer what they were at opening; for a device, when the kernel counted
    /// writes to it.
    /// </summary>
    /// <exception cref="LinuxException">The status cannot be read.</exception>
    public bool HasChanged()
    {
        if (_before.Kind == EntryKind.BlockDevice)
        {
            return _end != _before.Size || _writes != BlockDevices.SectorsWritten(_before.Device);
        }

        FileStatus now = Metadata.Status(_file);
        return _end != _before.Size || now.Size != _before.Size || now.ModifiedAt != _before.ModifiedAt || now.ChangedAt != _before.ChangedAt;
    }

    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            _cache.Drop();
        }

        _file.Dispose();
    }

    private unsafe int ReadAt(long offset, Span<byte> buffer)
    {
        fixed (byte* to = buffer)
        {
            while (true)
            {
                nint read = Libc.ReadAt(_file, to, (nuint)buffer.Length, offset);
                if (read >= 0)
                {
                    return (int)read;
                }

                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw LinuxException.Last("read");
                }
            }
        }
    }
}
