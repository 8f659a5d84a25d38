using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Model.Ids;

/// <summary>
/// A 128-bit identifier that sorts by time: 48 bits of Unix milliseconds, 80 random bits, written as
/// 26 lower-case characters of Crockford's base 32 (the ULID layout).
/// </summary>
public readonly record struct SortableId : IComparable<SortableId>
{
    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private readonly UInt128 _value;

    private SortableId(UInt128 value) => _value = value;

    /// <summary>Makes a new id from the clock and the system's random generator.</summary>
    public static SortableId Create(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        UInt128 random = BinaryPrimitives.ReadUInt128BigEndian(bytes) >> 48;
        UInt128 time = (UInt128)(ulong)Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds());
        return new SortableId((time << 80) | random);
    }

    /// <summary>Makes the one id that follows from another and a text: of the same time, and unguessable for who lacks the other.</summary>
    public static SortableId Derive(SortableId from, string text)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{from} {text}"));
        UInt128 random = BinaryPrimitives.ReadUInt128BigEndian(digest) >> 48;
        return new SortableId((from._value >> 80 << 80) | random);
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is not 26 characters of the alphabet.</exception>
    public static SortableId Parse(string text) =>
        TryParse(text, out SortableId id) ? id : throw new FormatException($"Not an identifier: '{text}'.");

    /// <summary>Reads the text form; false when it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SortableId id)
    {
        id = default;
        // 26 characters carry 130 bits, so the first may use only three of its five.
        if (text is null || text.Length != TextLength || text[0] > '7')
        {
            return false;
        }

        UInt128 value = 0;
        foreach (char c in text)
        {
            int digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            value = (value << 5) | (uint)digit;
        }

        id = new SortableId(value);
        return true;
    }

    /// <summary>When the id was made, to the millisecond; the end of time for one that claims to be later.</summary>
    public DateTimeOffset CreatedAt => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Min((long)(ulong)(_value >> 80), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    public int CompareTo(SortableId other) => _value.CompareTo(other._value);

    public override string ToString() => string.Create(TextLength, _value, static (text, value) =>
    {
        for (int i = TextLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(uint)(value & 31)];
            value >>= 5;
        }
    });

    public static bool operator <(SortableId left, SortableId right) => left.CompareTo(right) < 0;

    public static bool operator >(SortableId left, SortableId right) => left.CompareTo(right) > 0;

    public static bool operator <=(SortableId left, SortableId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SortableId left, SortableId right) => left.CompareTo(right) >= 0;
}
