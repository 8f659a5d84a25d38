using System.Globalization;
using K8sBackup.Cli.Downloads;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Tar;

/// <summary>
/// Writes a pax archive. Unlike the platform's writer it takes names as bytes, times in nanoseconds and extended
/// attributes (as SCHILY.xattr records, which GNU tar and bsdtar read). Holes are written as zeros. Not seekable, one thread.
/// </summary>
internal sealed class TarWriter : IArchiveWriter
{
    // Two empty blocks end an archive; readers expect whole records of 20 blocks.
    private const int RecordBytes = 20 * UstarHeader.BlockBytes;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly Stream _output;
    private long _written;
    private long _open;
    private long _openSize;

    public TarWriter(Stream output) => _output = output;

    public string? Refusal(TreeEntry entry) => entry.Kind == EntryKind.Socket ? "a socket; tar has none" : null;

    public string? Change(TreeEntry entry) => null;

    public async ValueTask BeginAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        Invariant.Check(_open == _openSize && entry.Kind is not (EntryKind.Socket or EntryKind.Unknown));
        long size = entry.Kind == EntryKind.File ? entry.Size : 0;
        byte[] name = NameOf(entry);
        PaxRecords records = RecordsOf(entry, name, size);
        if (!records.IsEmpty)
        {
            byte[] body = records.ToArray();
            UstarHeader extended = new('x');
            extended.SetName("PaxHeader"u8);
            extended.SetMode(0x1a4);
            extended.SetOwner(0, 0);
            extended.SetSize(body.Length);
            extended.SetModified(0);
            await WriteRawAsync(extended.ToArray(), cancellationToken);
            await WriteRawAsync(body, cancellationToken);
            await PadAsync(UstarHeader.BlockBytes, cancellationToken);
        }

        await WriteRawAsync(HeaderOf(entry, name, size), cancellationToken);
        (_open, _openSize) = (0, size);
    }

    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(offset >= _open && offset + bytes.Length <= _openSize);
        await ZeroUntilAsync(offset, cancellationToken);
        await WriteRawAsync(bytes, cancellationToken);
        _open += bytes.Length;
    }

    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await ZeroUntilAsync(_openSize, cancellationToken);
        await PadAsync(UstarHeader.BlockBytes, cancellationToken);
    }

    public async ValueTask FinishAsync(IReadOnlyList<SkippedEntry> skipped, CancellationToken cancellationToken)
    {
        await WriteRawAsync(new byte[2 * UstarHeader.BlockBytes], cancellationToken);
        await PadAsync(RecordBytes, cancellationToken);
        await _output.FlushAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte[] NameOf(TreeEntry entry)
    {
        byte[] path = entry.Path.Length == 0 ? "."u8.ToArray() : entry.Path;
        return entry.Kind == EntryKind.Directory ? [.. path, (byte)'/'] : path;
    }

    private static PaxRecords RecordsOf(TreeEntry entry, byte[] name, long size)
    {
        PaxRecords records = new();
        bool longName = name.Length > UstarHeader.NameBytes;
        bool longLink = entry.LinkTarget.Length > UstarHeader.NameBytes;
        if ((longName && !IsUtf8(name)) || (longLink && !IsUtf8(entry.LinkTarget)))
        {
            records.Add("hdrcharset", "BINARY");
        }

        if (longName)
        {
            records.Add("path"u8, name);
        }

        if (longLink)
        {
            records.Add("linkpath"u8, entry.LinkTarget);
        }

        AddNumber(records, "uid", entry.Uid, UstarHeader.SmallMax);
        AddNumber(records, "gid", entry.Gid, UstarHeader.SmallMax);
        AddNumber(records, "size", size, UstarHeader.LargeMax);
        if (entry.ModifiedAt.Nanoseconds != 0 || entry.ModifiedAt.Seconds is < 0 or > UstarHeader.LargeMax)
        {
            records.Add("mtime", TimeOf(entry.ModifiedAt));
        }

        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            records.Add(AttributeKey(attribute.Name), attribute.Value);
        }

        return records;
    }

    private static byte[] HeaderOf(TreeEntry entry, byte[] name, long size)
    {
        UstarHeader header = new(TypeOf(entry.Kind));
        header.SetName(name.AsSpan(0, Math.Min(name.Length, UstarHeader.NameBytes)));
        header.SetLinkName(entry.LinkTarget.AsSpan(0, Math.Min(entry.LinkTarget.Length, UstarHeader.NameBytes)));
        header.SetMode(entry.Mode);
        header.SetOwner(entry.Uid, entry.Gid);
        header.SetSize(size);
        header.SetModified(entry.ModifiedAt.Seconds);

        // The kernel's 64-bit dev_t: minor in bits 0-7 and 20-43, major in bits 8-19 and 44-63.
        uint major = (uint)(((entry.Device >> 8) & 0xfff) | ((entry.Device >> 32) & 0xffff_f000));
        uint minor = (uint)((entry.Device & 0xff) | ((entry.Device >> 12) & 0xffff_ff00));
        header.SetDevice(major, minor);
        return header.ToArray();
    }

    private static char TypeOf(EntryKind kind) => kind switch
    {
        EntryKind.HardLink => '1',
        EntryKind.Symlink => '2',
        EntryKind.CharDevice => '3',
        EntryKind.BlockDevice => '4',
        EntryKind.Directory => '5',
        EntryKind.Fifo => '6',
        _ => '0',
    };

    private static void AddNumber(PaxRecords records, string key, long value, long fieldMax)
    {
        if (value > fieldMax)
        {
            records.Add(key, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Decimal seconds; before 1970 the fraction counts towards the past: -1 s + 250 ms is -0.75.</summary>
    private static string TimeOf(UnixTime time)
    {
        decimal seconds = time.Seconds + (time.Nanoseconds / 1_000_000_000m);
        return seconds.ToString("0.#########", CultureInfo.InvariantCulture);
    }

    // '=' would end the key, so GNU tar writes it, and '%' itself, as %NN.
    private static byte[] AttributeKey(byte[] name)
    {
        List<byte> key = [.. "SCHILY.xattr."u8];
        foreach (byte b in name)
        {
            key.AddRange(b switch
            {
                (byte)'%' => "%25"u8,
                (byte)'=' => "%3D"u8,
                _ => [b],
            });
        }

        return [.. key];
    }

    private static bool IsUtf8(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private async ValueTask ZeroUntilAsync(long offset, CancellationToken cancellationToken)
    {
        while (_open < offset)
        {
            int count = (int)Math.Min(Zeros.Length, offset - _open);
            await WriteRawAsync(Zeros.AsMemory(0, count), cancellationToken);
            _open += count;
        }
    }

    private ValueTask PadAsync(int multiple, CancellationToken cancellationToken)
    {
        int rest = (int)(_written % multiple);
        return rest == 0 ? ValueTask.CompletedTask : WriteRawAsync(Zeros.AsMemory(0, multiple - rest), cancellationToken);
    }

    private async ValueTask WriteRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _output.WriteAsync(bytes, cancellationToken);
        _written += bytes.Length;
    }
}
