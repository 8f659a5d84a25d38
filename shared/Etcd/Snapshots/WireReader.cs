namespace K8sBackup.Etcd.Snapshots;

/// <summary>Reads Protobuf fields from a span without allocating. A malformed field ends the reading with <see cref="Failed"/>.</summary>
public ref struct WireReader
{
    /// <summary>Wire type of numbers and truth values.</summary>
    public const int Varint = 0;

    /// <summary>Wire type of eight bytes.</summary>
    public const int Fixed64 = 1;

    /// <summary>Wire type of texts, bytes, messages and maps.</summary>
    public const int Bytes = 2;

    /// <summary>Wire type of four bytes.</summary>
    public const int Fixed32 = 5;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads this message.</summary>
    public WireReader(ReadOnlySpan<byte> message)
    {
        _rest = message;
    }

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Wire type of the current field.</summary>
    public int WireType { get; private set; }

    /// <summary>Value of a varint field.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Bytes behind the current field.</summary>
    public readonly int RestBytes => _rest.Length;

    /// <summary>True when the message is not well-formed.</summary>
    public bool Failed { get; private set; }

    /// <summary>Goes to the next field; false at the end or on a malformed one.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty || Failed)
        {
            return false;
        }

        if (!TryVarint(out var tag) || tag >> 3 is 0 or > 536870911)
        {
            Failed = true;
            return false;
        }

        Field = (int)(tag >> 3);
        WireType = (int)(tag & 7);
        Data = default;
        Number = 0;
        Failed = !TryValue();
        return !Failed;
    }

    private bool TryValue()
    {
        switch (WireType)
        {
            case Varint:
                var read = TryVarint(out var number);
                Number = number;
                return read;
            case Bytes:
                if (!TryVarint(out var length) || length > (ulong)_rest.Length)
                {
                    return false;
                }

                Data = _rest[..(int)length];
                _rest = _rest[(int)length..];
                return true;
            case Fixed64 or Fixed32:
                var size = WireType == Fixed64 ? 8 : 4;
                if (_rest.Length < size)
                {
                    return false;
                }

                _rest = _rest[size..];
                return true;
            default:
                return false;
        }
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            var b = _rest[i];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return i < 9 || b == 1;
            }
        }

        return false;
    }
}
