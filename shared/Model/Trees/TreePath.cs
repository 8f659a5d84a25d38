using System.Text;

namespace K8sBackup.Model.Trees;

/// <summary>Paths inside a tree are byte strings; these are their order, their limits and their printable form.</summary>
public static class TreePath
{
    /// <summary>Longest path kept, in bytes. Deeper objects are recorded as unreadable.</summary>
    public const int BytesMax = 65_535;

    /// <summary>Longest component, in bytes (NAME_MAX of Linux).</summary>
    public const int ComponentBytesMax = 255;

    /// <summary>
    /// Orders paths as a walk meets them: byte-wise, with '/' before every other byte, so that a directory's
    /// contents follow it before its next sibling, whatever bytes names contain.
    /// </summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Rank(left[common]).CompareTo(Rank(right[common]));
    }

    /// <summary>True when <paramref name="path"/> is <paramref name="ancestor"/> or lies below it.</summary>
    public static bool IsAtOrBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> ancestor) =>
        ancestor.IsEmpty
        || (path.StartsWith(ancestor) && (path.Length == ancestor.Length || path[ancestor.Length] == (byte)'/'));

    /// <summary>
    /// True when the path is one a tree may hold: relative, no empty, "." or ".." component, no NUL, within the limits.
    /// The empty path (the root) is valid.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        if (path.Length > BytesMax || path.Contains((byte)0))
        {
            return false;
        }

        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = path[range];
            if (component.IsEmpty || component.Length > ComponentBytesMax || component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Printable form: valid UTF-8 stays, except that control, format and surrogate characters, the backslash and
    /// invalid bytes appear as \xNN, so that a name can neither move a cursor nor reverse text.
    /// </summary>
    public static string Display(ReadOnlySpan<byte> path)
    {
        StringBuilder text = new(path.Length);
        while (!path.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(path, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (valid && IsPrintable(rune))
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in path[..length])
                {
                    text.Append("\\x").Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            path = path[length..];
        }

        return text.ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value != '\\' && Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control
        or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator
        or System.Globalization.UnicodeCategory.ParagraphSeparator
        or System.Globalization.UnicodeCategory.OtherNotAssigned
        or System.Globalization.UnicodeCategory.PrivateUse);

    // NUL never occurs in a name, so its place is free for the separator.
    private static byte Rank(byte b) => b == (byte)'/' ? (byte)0 : b;
}
