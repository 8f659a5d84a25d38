using System.Buffers.Binary;

namespace K8sBackup.Cli.Zip;

/// <summary>Little-endian fields, one after the other.</summary>
internal sealed class HeaderBytes
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public void AddBytes(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    public void Add16(int value)
    {
        Span<byte> field = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(field, checked((ushort)value));
        _bytes.AddRange(field);
    }

    public void Add32(uint value)
    {
        Span<byte> field = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        _bytes.AddRange(field);
    }

    public void Add64(long value)
    {
        Span<byte> field = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(field, value);
        _bytes.AddRange(field);
    }
}
