namespace K8sBackup.ObjectStore;

/// <summary>
/// The names every store accepts: components of lower-case letters, digits, '-', '_' and '.', not beginning with '.',
/// joined by '/'. They are safe as file names, URL paths and S3 keys without any escaping.
/// </summary>
public static class ObjectName
{
    /// <summary>Longest name in characters; S3 allows 1,024 bytes, and a deployment's prefix comes in front.</summary>
    public const int LengthMax = 512;

    /// <summary>Longest component in characters (NAME_MAX of Linux).</summary>
    public const int ComponentLengthMax = 255;

    /// <summary>True when the text is a valid name.</summary>
    public static bool IsValid(string? name)
    {
        if (name is not { Length: > 0 and <= LengthMax })
        {
            return false;
        }

        foreach (Range range in name.AsSpan().Split('/'))
        {
            ReadOnlySpan<char> component = name.AsSpan()[range];
            if (component.Length is 0 or > ComponentLengthMax || component[0] == '.' || !HasOnlyAllowedCharacters(component))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when the text can start a valid name: empty, or characters of names only.</summary>
    public static bool IsValidPrefix(string? prefix) =>
        prefix is { Length: 0 } || IsValid(prefix) || (prefix is not null && prefix.EndsWith('/') && IsValid(prefix[..^1]));

    /// <exception cref="ObjectStoreException">The name is not valid.</exception>
    public static void Check(string operation, string? name)
    {
        if (!IsValid(name))
        {
            throw new ObjectStoreException(ObjectStoreError.InvalidName, operation, name ?? "", "not a valid object name");
        }
    }

    /// <exception cref="ObjectStoreException">The prefix is not valid.</exception>
    public static void CheckPrefix(string operation, string? prefix)
    {
        if (!IsValidPrefix(prefix))
        {
            throw new ObjectStoreException(ObjectStoreError.InvalidName, operation, prefix ?? "", "not a valid prefix of object names");
        }
    }

    private static bool HasOnlyAllowedCharacters(ReadOnlySpan<char> component)
    {
        foreach (char c in component)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
