using K8sBackup.Model.Trees;

namespace K8sBackup.Cli.Zip;

/// <summary>The headers of one entry (APPNOTE.TXT 4.3.7, 4.3.9, 4.3.12): always with 64-bit sizes, times of Unix, owner and mode.</summary>
internal sealed class ZipEntry
{
    private const int Deflated = 8;
    private const int NeedsZip64 = 45;
    private const int MadeOnUnix = 3 << 8;

    // Sizes behind the content; names are UTF-8.
    private const int DescriptorFlag = 1 << 3;
    private const int Utf8Flag = 1 << 11;

    private readonly byte[] _name;
    private readonly TreeEntry _entry;
    private readonly int _type;
    private readonly bool _isStreamed;
    private readonly long _offset;

    /// <param name="entry">What it is of.</param>
    /// <param name="name">Its name in the archive, UTF-8.</param>
    /// <param name="offset">Where the local header begins.</param>
    public ZipEntry(TreeEntry entry, byte[] name, long offset)
    {
        _entry = entry;
        _name = name;
        _offset = offset;
        _isStreamed = entry is { Kind: EntryKind.File, Size: > 0 };
        // S_IFDIR, S_IFREG, S_IFLNK
        _type = entry.Kind switch
        {
            EntryKind.Directory => 0x4000,
            EntryKind.File => 0x8000,
            _ => 0xa000,
        };
    }

    /// <summary>False for the root of a tree.</summary>
    public bool IsNamed => _name.Length > 0;

    public uint Crc { get; set; }

    public long Size { get; set; }

    public long CompressedSize { get; set; }

    /// <summary>What comes before the content; sizes are in it unless they are yet to come.</summary>
    public byte[] LocalHeader()
    {
        HeaderBytes header = new();
        header.Add32(0x04034b50);
        AddCommon(header, isLocal: true);
        header.AddBytes(_name);
        AddExtra(header, isLocal: true);
        return header.ToArray();
    }

    /// <summary>What comes behind content that was streamed; empty otherwise.</summary>
    public byte[] Descriptor()
    {
        HeaderBytes descriptor = new();
        if (_isStreamed)
        {
            descriptor.Add32(0x08074b50);
            descriptor.Add32(Crc);
            descriptor.Add64(CompressedSize);
            descriptor.Add64(Size);
        }

        return descriptor.ToArray();
    }

    /// <summary>Its record in the directory at the end.</summary>
    public byte[] CentralHeader()
    {
        HeaderBytes header = new();
        header.Add32(0x02014b50);
        header.Add16(MadeOnUnix | NeedsZip64);
        AddCommon(header, isLocal: false);
        header.Add16(0);
        header.Add16(0);
        header.Add16(0);
        int mode = _entry.Kind is EntryKind.Symlink or EntryKind.HardLink ? 0x1ff : _entry.Mode;
        header.Add32(((uint)(_type | mode) << 16) | (_entry.Kind == EntryKind.Directory ? 0x10u : 0));
        header.Add32(uint.MaxValue);
        header.AddBytes(_name);
        AddExtra(header, isLocal: false);
        return header.ToArray();
    }

    private void AddCommon(HeaderBytes header, bool isLocal)
    {
        header.Add16(NeedsZip64);
        header.Add16(Utf8Flag | (_isStreamed ? DescriptorFlag : 0));
        header.Add16(_isStreamed ? Deflated : 0);
        header.Add32(DosTime(_entry.ModifiedAt));
        header.Add32(isLocal && _isStreamed ? 0 : Crc);
        header.Add32(uint.MaxValue);
        header.Add32(uint.MaxValue);
        header.Add16(_name.Length);
        header.Add16(ExtraBytes(isLocal));
    }

    private int ExtraBytes(bool isLocal) => 4 + (isLocal ? 16 : 24) + (HasTime ? 9 : 0) + 15;

    private bool HasTime => _entry.ModifiedAt.Seconds is >= int.MinValue and <= int.MaxValue;

    private void AddExtra(HeaderBytes header, bool isLocal)
    {
        header.Add16(0x0001);
        header.Add16(isLocal ? 16 : 24);
        header.Add64(isLocal && _isStreamed ? 0 : Size);
        header.Add64(isLocal && _isStreamed ? 0 : CompressedSize);
        if (!isLocal)
        {
            header.Add64(_offset);
        }

        if (HasTime)
        {
            // "UT": modification time in seconds.
            header.Add16(0x5455);
            header.Add16(5);
            header.AddBytes([1]);
            header.Add32(unchecked((uint)(int)_entry.ModifiedAt.Seconds));
        }

        // "ux": user and group.
        header.Add16(0x7875);
        header.Add16(11);
        header.AddBytes([1, 4]);
        header.Add32(_entry.Uid);
        header.AddBytes([4]);
        header.Add32(_entry.Gid);
    }

    // Two seconds fine, and the years 1980 to 2107 only; "UT" is what Unix programs take.
    private static uint DosTime(UnixTime time)
    {
        DateTimeOffset first = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        DateTimeOffset last = new(2107, 12, 31, 23, 59, 58, TimeSpan.Zero);
        DateTimeOffset t = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(time.Seconds, first.ToUnixTimeSeconds(), last.ToUnixTimeSeconds()));
        int date = ((t.Year - 1980) << 9) | (t.Month << 5) | t.Day;
        int clock = (t.Hour << 11) | (t.Minute << 5) | (t.Second / 2);
        return ((uint)date << 16) | (uint)clock;
    }
}
