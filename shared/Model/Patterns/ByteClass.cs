using System.Text;

namespace K8sBackup.Model.Patterns;

/// <summary>Reads a set in brackets: <c>[a-z]</c>, <c>[!a]</c>, <c>[^a]</c>, <c>[]a]</c>, <c>[[:digit:]]</c>, with backslashes.</summary>
internal static class ByteClass
{
    private static readonly Dictionary<string, Func<byte, bool>> _named = new(StringComparer.Ordinal)
    {
        ["alnum"] = b => char.IsAsciiLetterOrDigit((char)b),
        ["alpha"] = b => char.IsAsciiLetter((char)b),
        ["blank"] = b => b is (byte)' ' or (byte)'\t',
        ["cntrl"] = b => b is < 0x20 or 0x7f,
        ["digit"] = b => char.IsAsciiDigit((char)b),
        ["graph"] = b => b is > 0x20 and < 0x7f,
        ["lower"] = b => char.IsAsciiLetterLower((char)b),
        ["print"] = b => b is >= 0x20 and < 0x7f,
        ["punct"] = b => b is > 0x20 and < 0x7f && !char.IsAsciiLetterOrDigit((char)b),
        ["space"] = b => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r',
        ["upper"] = b => char.IsAsciiLetterUpper((char)b),
        ["xdigit"] = b => char.IsAsciiHexDigit((char)b),
    };

    /// <summary>The set whose bracket opens at i, which is left on the bracket that closes it; null when none does or a class has no known name.</summary>
    public static ByteSet? Read(ReadOnlySpan<byte> pattern, ref int i)
    {
        bool isNegated = i + 1 < pattern.Length && pattern[i + 1] is (byte)'!' or (byte)'^';
        i += isNegated ? 2 : 1;
        ByteSet set = new();
        int first = i;
        int low = -1;
        for (; i < pattern.Length; i++)
        {
            if (pattern[i] == (byte)']' && i > first)
            {
                return isNegated ? set.Inverse() : set;
            }

            if (!TryAddMember(set, pattern, ref i, ref low))
            {
                return null;
            }
        }

        return null;
    }

    // The byte a range may begin with is in low, -1 when there is none; i is left on the member's last byte.
    private static bool TryAddMember(ByteSet set, ReadOnlySpan<byte> pattern, ref int i, ref int low)
    {
        int next = i + 1 < pattern.Length ? pattern[i + 1] : -1;
        if (pattern[i] == (byte)'[' && next == ':' && NamedEnd(pattern, i + 2) is { } end)
        {
            bool isKnown = AddNamed(set, pattern[(i + 2)..(end - 1)]);
            (i, low) = (end, -1);
            return isKnown;
        }

        bool isRange = pattern[i] == (byte)'-' && low >= 0 && next is not (-1 or ']');
        if (Literal(pattern, isRange ? i + 1 : i, out i) is not { } value)
        {
            return false;
        }

        set.Add(isRange ? low : value, value);
        low = isRange ? -1 : value;
        return true;
    }

    private static byte? Literal(ReadOnlySpan<byte> pattern, int at, out int last)
    {
        last = pattern[at] == (byte)'\\' ? at + 1 : at;
        return last < pattern.Length ? pattern[last] : null;
    }

    // Where the ']' of ":]" is; null when the next ']' is no end of a name, and the '[' an ordinary member.
    private static int? NamedEnd(ReadOnlySpan<byte> pattern, int from)
    {
        int length = pattern[from..].IndexOf((byte)']');
        return length > 0 && pattern[from + length - 1] == (byte)':' ? from + length : null;
    }

    private static bool AddNamed(ByteSet set, ReadOnlySpan<byte> name)
    {
        if (!_named.TryGetValue(Encoding.Latin1.GetString(name), out Func<byte, bool>? has))
        {
            return false;
        }

        for (int b = 0; b < 256; b++)
        {
            if (has((byte)b))
            {
                set.Add((byte)b);
            }
        }

        return true;
    }
}
