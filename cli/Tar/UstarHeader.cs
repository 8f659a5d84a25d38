namespace K8sBackup.Cli.Tar;

/// <summary>A ustar header block (POSIX.1-2008, pax, "ustar Interchange Format"): fields at fixed offsets, numbers in octal.</summary>
internal sealed class UstarHeader
{
    /// <summary>Length of a block, in bytes.</summary>
    public const int BlockBytes = 512;

    public const int NameBytes = 100;

    /// <summary>Largest number in the seven octal digits of mode, owner and device fields.</summary>
    public const long SmallMax = 0x1f_ffff;

    /// <summary>Largest number in the eleven octal digits of size and time.</summary>
    public const long LargeMax = 0x1_ffff_ffff;

    private const int ChecksumOffset = 148;
    private const int ChecksumBytes = 8;

    private readonly byte[] _block = new byte[BlockBytes];

    public UstarHeader(char type)
    {
        _block[156] = (byte)type;
        "ustar\u000000"u8.CopyTo(_block.AsSpan(257));
    }

    /// <summary>At most 100 bytes; the caller cuts a longer name and gives the whole one in a pax record.</summary>
    public void SetName(ReadOnlySpan<byte> name) => name.CopyTo(_block.AsSpan(0, NameBytes));

    public void SetLinkName(ReadOnlySpan<byte> name) => name.CopyTo(_block.AsSpan(157, NameBytes));

    public void SetMode(int mode) => SetOctal(100, 8, mode);

    public void SetOwner(long uid, long gid)
    {
        SetOctal(108, 8, Math.Min(uid, SmallMax));
        SetOctal(116, 8, Math.Min(gid, SmallMax));
    }

    public void SetSize(long size) => SetOctal(124, 12, Math.Min(size, LargeMax));

    public void SetModified(long seconds) => SetOctal(136, 12, Math.Clamp(seconds, 0, LargeMax));

    public void SetDevice(uint major, uint minor)
    {
        SetOctal(329, 8, Math.Min(major, SmallMax));
        SetOctal(337, 8, Math.Min(minor, SmallMax));
    }

    /// <summary>The block with its checksum: the sum of all bytes, the checksum's own taken as spaces.</summary>
    public byte[] ToArray()
    {
        _block.AsSpan(ChecksumOffset, ChecksumBytes).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in _block)
        {
            sum += b;
        }

        // Six digits, NUL, space: the form every reader knows.
        SetOctal(ChecksumOffset, 7, sum);
        return _block;
    }

    private void SetOctal(int offset, int bytes, long value)
    {
        for (int i = bytes - 2; i >= 0; i--)
        {
            _block[offset + i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        _block[offset + bytes - 1] = 0;
    }
}
