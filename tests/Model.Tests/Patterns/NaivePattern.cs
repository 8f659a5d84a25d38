namespace K8sBackup.Model.Tests.Patterns;

/// <summary>The manual of gitignore word for word: slow, recursive, and written without a look at the other.</summary>
internal static class NaivePattern
{
    public static bool IsNothing(string line) => Trim(line) is "" or ['#', ..];

    public static bool Fits(string line, byte[] path, bool isDirectory)
    {
        string pattern = Trim(line);
        pattern = pattern.StartsWith('!') ? pattern[1..] : pattern;
        bool directoryOnly = pattern.EndsWith('/');
        pattern = directoryOnly ? pattern[..^1] : pattern;
        if (directoryOnly && !isDirectory)
        {
            return false;
        }

        string text = System.Text.Encoding.Latin1.GetString(path);
        pattern = System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(pattern));
        bool fromRoot = pattern.Contains('/', StringComparison.Ordinal);
        if (Parts(pattern.StartsWith('/') ? pattern[1..] : pattern) is not { } parts)
        {
            return false;
        }

        string[] names = text.Split('/');
        return fromRoot ? Path(parts, names) : parts[0] == "**" || Name(parts[0], names[^1]);
    }

    private static bool Path(ReadOnlySpan<string> parts, ReadOnlySpan<string> names)
    {
        if (parts.IsEmpty)
        {
            return names.IsEmpty;
        }

        if (parts[0] != "**")
        {
            return !names.IsEmpty && Name(parts[0], names[0]) && Path(parts[1..], names[1..]);
        }

        for (int taken = parts.Length == 1 ? 1 : 0; taken <= names.Length; taken++)
        {
            if (Path(parts[1..], names[taken..]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Name(string pattern, string name)
    {
        if (pattern.Length == 0)
        {
            return name.Length == 0;
        }

        if (pattern[0] == '*')
        {
            return Enumerable.Range(0, name.Length + 1).Any(n => Name(pattern[1..], name[n..]));
        }

        int length = SetLength(pattern, 0)!.Value;
        return name.Length > 0 && Has(pattern[..length], name[0]) && Name(pattern[length..], name[1..]);
    }

    private static bool Has(string set, char c)
    {
        if (set[0] != '[')
        {
            return set[0] == '?' || c == set[^1];
        }

        string members = set[1..^1];
        bool negated = members[0] is '!' or '^';
        members = negated ? members[1..] : members;
        bool found = false;
        bool canBegin = false;
        char low = '\0';
        for (int i = 0; i < members.Length; i++)
        {
            bool isRange = members[i] == '-' && canBegin && i + 1 < members.Length;
            i += isRange ? 1 : 0;
            i += members[i] == '\\' ? 1 : 0;
            found |= isRange ? c >= low && c <= members[i] : c == members[i];
            (canBegin, low) = (!isRange, members[i]);
        }

        return found != negated;
    }

    // The pattern cut at its slashes, those in brackets excepted; "**" for more stars. Null when it is malformed.
    private static string[]? Parts(string pattern)
    {
        List<string> parts = [""];
        for (int i = 0; i < pattern.Length;)
        {
            if (pattern[i] == '/' || pattern[i..].StartsWith("\\/", StringComparison.Ordinal))
            {
                parts.Add("");
                i += pattern[i] == '/' ? 1 : 2;
                continue;
            }

            if (SetLength(pattern, i) is not { } length)
            {
                return null;
            }

            parts[^1] += pattern.Substring(i, length);
            i += length;
        }

        return [.. parts.Select(part => part.Length > 2 && part.All(c => c == '*') ? "**" : part)];
    }

    private static int? SetLength(string pattern, int at)
    {
        if (pattern[at] == '\\')
        {
            return at + 1 < pattern.Length ? 2 : null;
        }

        if (pattern[at] != '[')
        {
            return 1;
        }

        int i = at + 1;
        i += i < pattern.Length && pattern[i] is '!' or '^' ? 1 : 0;
        for (int first = i; i < pattern.Length; i++)
        {
            if (pattern[i] == ']' && i > first)
            {
                return i + 1 - at;
            }

            i += pattern[i] == '\\' ? 1 : 0;
        }

        return null;
    }

    private static string Trim(string line)
    {
        string trimmed = line.TrimEnd(' ');
        int backslashes = trimmed.Length - trimmed.TrimEnd('\\').Length;
        return backslashes % 2 == 1 && trimmed.Length < line.Length ? trimmed + " " : trimmed;
    }
}
