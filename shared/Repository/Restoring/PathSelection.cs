using K8sBackup.Model.Trees;

namespace K8sBackup.Repository.Restoring;

/// <summary>Entries asked for, each with everything below it; none means everything.</summary>
public sealed class PathSelection
{
    /// <summary>Most paths one request may name.</summary>
    public const int PathsMax = 1000;

    private readonly byte[][] _paths;

    /// <summary>Orders the paths as a walk meets them and drops what lies below another one.</summary>
    /// <exception cref="InvalidDataException">A path is not one a tree can hold, or there are too many.</exception>
    public PathSelection(IReadOnlyCollection<byte[]> paths)
    {
        if (paths.Count > PathsMax)
        {
            throw new InvalidDataException($"{paths.Count} paths are asked for; {PathsMax} are allowed.");
        }

        List<byte[]> outermost = [];
        foreach (byte[] path in paths.Order(Comparer<byte[]>.Create((left, right) => TreePath.Compare(left, right))))
        {
            if (!TreePath.IsValid(path))
            {
                throw new InvalidDataException($"'{TreePath.Display(path)}' is not a path inside a snapshot: names separated by single '/', without '.' and '..'.");
            }

            if (outermost.Count == 0 || !TreePath.IsAtOrBelow(path, outermost[^1]))
            {
                outermost.Add(path);
            }
        }

        _paths = outermost is [{ Length: 0 }] ? [] : [.. outermost];
    }

    /// <summary>True when every entry is selected.</summary>
    public bool IsEverything => _paths.Length == 0;

    /// <summary>The paths in tree order, none below another.</summary>
    public IReadOnlyList<byte[]> Paths => _paths;

    /// <summary>True when the entry at that path is selected, not merely on the way to one that is.</summary>
    public bool Contains(byte[] path) => IsEverything || _paths.Any(selected => TreePath.IsAtOrBelow(path, selected));
}
