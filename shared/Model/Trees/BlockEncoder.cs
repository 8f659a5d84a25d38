using System.Buffers;
using System.Text;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>Appends the parts of a block to a growing buffer.</summary>
internal sealed class BlockEncoder
{
    private readonly ArrayBufferWriter<byte> _buffer = new(TreeFormat.BlockBytesMin);

    public int Length => _buffer.WrittenCount;

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Unsigned(ulong value)
    {
        Span<byte> span = _buffer.GetSpan(10);
        int length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        _buffer.Advance(length);
    }

    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Raw(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Unsigned((ulong)bytes.Length);
        _buffer.Write(bytes);
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void Id(ChunkId id)
    {
        id.CopyTo(_buffer.GetSpan(ChunkId.Bytes));
        _buffer.Advance(ChunkId.Bytes);
    }

    public void Ids(IReadOnlyList<ChunkId> ids)
    {
        Unsigned((ulong)ids.Count);
        foreach (ChunkId id in ids)
        {
            Id(id);
        }
    }

    /// <summary>A path as what it shares with the one before, and the rest.</summary>
    public void FrontCoded(ReadOnlySpan<byte> previous, ReadOnlySpan<byte> path)
    {
        int shared = previous.CommonPrefixLength(path);
        Unsigned((ulong)shared);
        Bytes(path[shared..]);
    }
}
