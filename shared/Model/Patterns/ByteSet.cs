namespace K8sBackup.Model.Patterns;

/// <summary>A set of bytes.</summary>
internal sealed class ByteSet
{
    private readonly ulong[] _bits = new ulong[4];

    /// <summary>Every byte.</summary>
    public static ByteSet All { get; } = new ByteSet().Inverse();

    /// <summary>The byte, when the set was made of one.</summary>
    public byte? Single { get; private init; }

    public static ByteSet Of(byte value)
    {
        ByteSet set = new() { Single = value };
        set.Add(value);
        return set;
    }

    public bool Has(byte value) => (_bits[value >> 6] & (1UL << value)) != 0;

    public void Add(byte value) => _bits[value >> 6] |= 1UL << value;

    public void Add(int first, int last)
    {
        for (int value = first; value <= last; value++)
        {
            Add((byte)value);
        }
    }

    public ByteSet Inverse()
    {
        ByteSet inverse = new();
        for (int i = 0; i < _bits.Length; i++)
        {
            inverse._bits[i] = ~_bits[i];
        }

        return inverse;
    }
}
