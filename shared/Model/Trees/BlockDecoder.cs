using System.Text;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>Reads the parts of a block; anything out of bounds is a <see cref="CorruptTreeException"/>.</summary>
internal ref struct BlockDecoder
{
    private readonly ChunkId _block;
    private ReadOnlySpan<byte> _rest;

    public BlockDecoder(ReadOnlySpan<byte> bytes, ChunkId block)
    {
        _rest = bytes;
        _block = block;
    }

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    public readonly CorruptTreeException Corrupt(string reason) => new(_block, reason);

    public byte Byte()
    {
        byte value = Raw(1)[0];
        return value;
    }

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Byte();
            if (shift == 63 && b > 1)
            {
                break;
            }

            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Corrupt("a number is too long");
    }

    public long Signed()
    {
        ulong value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that is at most <paramref name="max"/>.</summary>
    public int Bounded(int max, string what)
    {
        ulong value = Unsigned();
        return value <= (ulong)max ? (int)value : throw Corrupt($"{what} is {value}, more than {max}");
    }

    public long NonNegative(string what)
    {
        ulong value = Unsigned();
        return value <= long.MaxValue ? (long)value : throw Corrupt($"{what} is out of range");
    }

    public ReadOnlySpan<byte> Raw(int length)
    {
        if (length > _rest.Length)
        {
            throw Corrupt("it ends early");
        }

        ReadOnlySpan<byte> bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }

    public ReadOnlySpan<byte> Bytes(int max, string what) => Raw(Bounded(max, what));

    public string Text(int max, string what) => Encoding.UTF8.GetString(Bytes(max, what));

    public ChunkId Id() => new(Raw(ChunkId.Bytes));

    public ChunkId[] Ids(int max, string what)
    {
        int count = Bounded(Math.Min(max, _rest.Length / ChunkId.Bytes), what);
        ChunkId[] ids = new ChunkId[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = Id();
        }

        return ids;
    }

    public byte[] FrontCoded(ReadOnlySpan<byte> previous)
    {
        int shared = Bounded(previous.Length, "a shared prefix");
        ReadOnlySpan<byte> suffix = Bytes(TreePath.BytesMax - shared, "a path");
        return [.. previous[..shared], .. suffix];
    }
}
