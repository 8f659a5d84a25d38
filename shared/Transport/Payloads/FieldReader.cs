using Google.Protobuf;

namespace K8sBackup.Transport.Payloads;

/// <summary>
/// Reads the fields of one message in Protobuf's encoding where they lie. Every method answers false for what it does not
/// understand; the generated parser then decides what to make of the message. Never reads beyond its bytes.
/// </summary>
internal ref struct FieldReader
{
    // Ten bytes of seven bits hold 64 bits.
    private const int VarintBytesMax = 10;

    private readonly ReadOnlySpan<byte> _bytes;

    public FieldReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _bytes.Length;

    public bool TryReadTag(out int field, out WireFormat.WireType type)
    {
        bool read = TryReadNumber(out ulong tag) && tag <= uint.MaxValue;
        field = WireFormat.GetTagFieldNumber((uint)tag);
        type = WireFormat.GetTagWireType((uint)tag);
        return read && field > 0;
    }

    public bool TryReadNumber(out ulong value)
    {
        value = 0;
        for (int i = 0; i < VarintBytesMax && Position < _bytes.Length; i++)
        {
            byte next = _bytes[Position++];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A field with a length; the result is where in the message its bytes lie.</summary>
    public bool TryReadBytes(out Range place)
    {
        if (!TryReadNumber(out ulong length) || length > (ulong)(_bytes.Length - Position))
        {
            place = default;
            return false;
        }

        place = Position..(Position + (int)length);
        Position += (int)length;
        return true;
    }
}
