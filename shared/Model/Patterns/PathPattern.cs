using System.Text;

namespace K8sBackup.Model.Patterns;

/// <summary>
/// One line in the syntax of gitignore(5), matched byte by byte against paths as trees hold them. A pattern without '/', but for one
/// at its end, fits names at every depth; any other fits from the root. A '/' at the end fits directories only, <c>!</c> in front takes
/// back what earlier lines leave out, <c>**</c> as a whole component stands for any number of them. A malformed one fits nothing.
/// Matching takes no memory, and time in the product of the lengths.
/// </summary>
public sealed class PathPattern
{
    /// <summary>Longest pattern, in bytes of UTF-8.</summary>
    public const int BytesMax = 1024;

    // Null stands for "**".
    private readonly IReadOnlyList<NamePattern?> _components;
    private readonly bool _isAnyDepth;

    private PathPattern(string text, bool isNegated, ReadOnlySpan<byte> pattern)
    {
        Text = text;
        IsNegated = isNegated;
        IsDirectoryOnly = pattern.EndsWith("/"u8);
        pattern = IsDirectoryOnly ? pattern[..^1] : pattern;
        _isAnyDepth = !pattern.Contains((byte)'/');
        _components = NamePattern.ParsePath(pattern.StartsWith("/"u8) ? pattern[1..] : pattern);
    }

    /// <summary>The line as it was given.</summary>
    public string Text { get; }

    /// <summary>True when it takes back instead of leaving out.</summary>
    public bool IsNegated { get; }

    public bool IsDirectoryOnly { get; }

    /// <summary>False when no path can fit.</summary>
    public bool IsPossible => _components.All(component => component?.IsPossible ?? true);

    /// <summary>The one path that can fit; null when there may be several.</summary>
    public byte[]? ExactPath => !_isAnyDepth && _components.All(component => component?.Exact is not null)
        ? [.. _components.SelectMany((component, i) => i == 0 ? component!.Exact! : [(byte)'/', .. component!.Exact!])]
        : null;

    /// <summary>The pattern of a line; null for a blank line or a comment.</summary>
    public static PathPattern? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        ReadOnlySpan<byte> bytes = Trim(Encoding.UTF8.GetBytes(line));
        if (bytes.IsEmpty || bytes[0] == (byte)'#')
        {
            return null;
        }

        bool isNegated = bytes[0] == (byte)'!';
        return new PathPattern(line, isNegated, isNegated ? bytes[1..] : bytes);
    }

    /// <summary>The pattern that fits exactly one path, whatever is in it.</summary>
    public static string Quote(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        StringBuilder quoted = new("/");
        foreach (char c in path)
        {
            quoted.Append(c is '*' or '?' or '[' or '\\' or ' ' ? "\\" : "").Append(c);
        }

        return quoted.ToString();
    }

    /// <summary>True when the pattern fits the path itself; that it lies below one that fits does not count.</summary>
    public bool Fits(ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (path.IsEmpty || (IsDirectoryOnly && !isDirectory))
        {
            return false;
        }

        if (_isAnyDepth)
        {
            return _components[0] is not { } name || name.Fits(path[(path.LastIndexOf((byte)'/') + 1)..]);
        }

        return FitsFromRoot(path);
    }

    // One point to go back to is enough: what an earlier "**" could take, the later one can take as well.
    private bool FitsFromRoot(ReadOnlySpan<byte> path)
    {
        (int component, int at) = (0, 0);
        (int Component, int At) back = (-1, 0);
        while (at < path.Length)
        {
            int end = EndOf(path, at);
            if (component < _components.Count && _components[component] is null)
            {
                if (++component == _components.Count)
                {
                    return true;
                }

                back = (component, at);
            }
            else if (component < _components.Count && _components[component]!.Fits(path[at..end]))
            {
                (component, at) = (component + 1, end + 1);
            }
            else if (back.Component >= 0)
            {
                back = (back.Component, EndOf(path, back.At) + 1);
                (component, at) = back;
            }
            else
            {
                return false;
            }
        }

        return component == _components.Count;
    }

    private static int EndOf(ReadOnlySpan<byte> path, int at)
    {
        int length = path[at..].IndexOf((byte)'/');
        return length < 0 ? path.Length : at + length;
    }

    // Spaces at the end go, but for one behind a backslash.
    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line)
    {
        int length = 0;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == (byte)'\\')
            {
                i++;
            }
            else if (line[i] == (byte)' ')
            {
                continue;
            }

            length = Math.Min(i + 1, line.Length);
        }

        return line[..length];
    }
}
