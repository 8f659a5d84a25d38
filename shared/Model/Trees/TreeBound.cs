namespace K8sBackup.Model.Trees;

/// <summary>A place in the order of a tree: at a path, right after it, or after everything below it.</summary>
internal readonly record struct TreeBound(byte[] Path, TreeBoundKind Kind)
{
    public static readonly TreeBound Start = new([], TreeBoundKind.At);

    /// <summary>True when the path comes before this place.</summary>
    public bool IsAfter(ReadOnlySpan<byte> path)
    {
        int order = TreePath.Compare(path, Path);
        return Kind switch
        {
            TreeBoundKind.At => order < 0,
            TreeBoundKind.After => order <= 0,
            _ => order <= 0 || TreePath.IsAtOrBelow(path, Path),
        };
    }

    /// <summary>True when the path comes before this place or is exactly at it.</summary>
    public bool Reaches(ReadOnlySpan<byte> path) => IsAfter(path) || (Kind == TreeBoundKind.At && path.SequenceEqual(Path));
}
