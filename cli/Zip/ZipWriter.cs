using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using K8sBackup.Cli.Downloads;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Zip;

/// <summary>
/// Writes a zip archive with 64-bit sizes, modes, owners and symbolic links, as Info-ZIP reads them. The platform's writer has neither
/// 64-bit sizes in what it streams nor owners. The directory at the end gathers in a file without a name, so that memory does not depend
/// on the number of entries.
/// </summary>
internal sealed class ZipWriter : IArchiveWriter
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly CountingStream _output;
    private readonly FileStream _directory;
    private ZipEntry? _entry;
    private DeflateStream? _content;
    private long _contentStart;
    private long _entries;
    private long _open;
    private long _openSize;

    public ZipWriter(Stream output)
    {
        _output = new CountingStream(output);
        _directory = new FileStream(Path.Combine(Path.GetTempPath(), $"k8sbackup-{Guid.NewGuid():N}"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 64 * 1024,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public string? Refusal(TreeEntry entry) => entry.Kind switch
    {
        EntryKind.Socket => "a socket; zip has none",
        EntryKind.Fifo => "a fifo; zip has none",
        EntryKind.CharDevice or EntryKind.BlockDevice => "a device; zip has none",
        _ when NameOf(entry).Length > ushort.MaxValue => "its path is too long for zip",
        _ => null,
    };

    public string? Change(TreeEntry entry) =>
        !Utf8.IsValid(entry.Path) ? $"its name is no UTF-8; in the archive as {TreePath.Display(entry.Path)}"
        : entry.Kind == EntryKind.HardLink ? $"a hard link to {TreePath.Display(entry.LinkTarget)}; in the archive as a symbolic link"
        : null;

    public async ValueTask BeginAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        Invariant.Check(_entry is null);
        _entry = new ZipEntry(entry, NameOf(entry), _output.Position);
        (_open, _openSize) = (0, entry.Kind == EntryKind.File ? entry.Size : 0);
        byte[] target = entry.Kind switch
        {
            EntryKind.Symlink => entry.LinkTarget,
            EntryKind.HardLink => RelativeTarget(entry),
            _ => [],
        };
        (_entry.Size, _entry.CompressedSize, _entry.Crc) = (target.Length, target.Length, Crc32.Append(0, target));
        if (entry.Path.Length > 0)
        {
            await _output.WriteAsync(_entry.LocalHeader(), cancellationToken);
            await _output.WriteAsync(target, cancellationToken);
        }

        _contentStart = _output.Position;
        _content = _openSize > 0 ? new DeflateStream(_output, CompressionLevel.Fastest, leaveOpen: true) : null;
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(offset >= _open && offset + bytes.Length <= _openSize);
        await ZeroUntilAsync(offset, cancellationToken);
        await AddAsync(bytes, cancellationToken);
    }

    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(_entry is not null);
        await ZeroUntilAsync(_openSize, cancellationToken);
        if (_content is not null)
        {
            await _content.DisposeAsync();
            _content = null;
            _entry.Size = _openSize;
            _entry.CompressedSize = _output.Position - _contentStart;
            await _output.WriteAsync(_entry.Descriptor(), cancellationToken);
        }

        // The root has no name, and so no record.
        if (_entry.IsNamed)
        {
            _entries++;
            await _directory.WriteAsync(_entry.CentralHeader(), cancellationToken);
        }

        _entry = null;
    }

    public async ValueTask FinishAsync(IReadOnlyList<SkippedEntry> skipped, CancellationToken cancellationToken)
    {
        long start = _output.Position;
        _directory.Position = 0;
        await _directory.CopyToAsync(_output, cancellationToken);
        long end = _output.Position;
        await _output.WriteAsync(EndRecords(start, end), cancellationToken);
        await _output.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _content = null;
        await _directory.DisposeAsync();
    }

    // APPNOTE.TXT 4.3.14 to 4.3.16: the 64-bit end, where it is, and the end that says so.
    private byte[] EndRecords(long start, long end)
    {
        HeaderBytes records = new();
        records.Add32(0x06064b50);
        records.Add64(44);
        records.Add16((3 << 8) | 45);
        records.Add16(45);
        records.Add32(0);
        records.Add32(0);
        records.Add64(_entries);
        records.Add64(_entries);
        records.Add64(end - start);
        records.Add64(start);
        records.Add32(0x07064b50);
        records.Add32(0);
        records.Add64(end);
        records.Add32(1);
        records.Add32(0x06054b50);
        records.Add16(0);
        records.Add16(0);
        records.Add16(ushort.MaxValue);
        records.Add16(ushort.MaxValue);
        records.Add32(uint.MaxValue);
        records.Add32(uint.MaxValue);
        records.Add16(0);
        return records.ToArray();
    }

    private static byte[] NameOf(TreeEntry entry)
    {
        byte[] path = Readable(entry.Path);
        return entry.Kind == EntryKind.Directory && path.Length > 0 ? [.. path, (byte)'/'] : path;
    }

    private static byte[] Readable(byte[] path) => Utf8.IsValid(path) ? path : Encoding.UTF8.GetBytes(TreePath.Display(path));

    // From the directory the link is in.
    private static byte[] RelativeTarget(TreeEntry entry)
    {
        int depth = entry.Path.AsSpan().Count((byte)'/');
        return [.. Enumerable.Repeat("../"u8.ToArray(), depth).SelectMany(up => up), .. Readable(entry.LinkTarget)];
    }

    private async ValueTask ZeroUntilAsync(long offset, CancellationToken cancellationToken)
    {
        while (_open < offset)
        {
            await AddAsync(Zeros.AsMemory(0, (int)Math.Min(Zeros.Length, offset - _open)), cancellationToken);
        }
    }

    private async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_content is not null)
        {
            _entry!.Crc = Crc32.Append(_entry.Crc, bytes.Span);
            await _content.WriteAsync(bytes, cancellationToken);
            _open += bytes.Length;
        }
    }
}
