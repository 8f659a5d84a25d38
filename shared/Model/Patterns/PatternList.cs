namespace K8sBackup.Model.Patterns;

/// <summary>Lines of gitignore in order: the last one that fits decides. Whether a directory above is left out is for the walk to know.</summary>
public sealed class PatternList
{
    private readonly PathPattern[] _patterns;

    /// <summary>Takes the lines; blank ones and comments are passed over.</summary>
    public PatternList(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        _patterns = [.. lines.Select(PathPattern.Parse).OfType<PathPattern>()];
    }

    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>The line that leaves the object out; null when none does.</summary>
    public PathPattern? LeavesOut(ReadOnlySpan<byte> path, bool isDirectory)
    {
        for (int i = _patterns.Length - 1; i >= 0; i--)
        {
            if (_patterns[i].Fits(path, isDirectory))
            {
                return _patterns[i].IsNegated ? null : _patterns[i];
            }
        }

        return null;
    }
}
