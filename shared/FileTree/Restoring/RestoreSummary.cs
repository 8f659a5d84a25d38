namespace K8sBackup.FileTree.Restoring;

/// <summary>What became of a whole tree.</summary>
public sealed record RestoreSummary
{
    /// <summary>Results kept in <see cref="DirectoryProblems"/>; further ones are only counted.</summary>
    public const int ProblemsMax = 1000;

    public long Restored { get; init; }

    public long Skipped { get; init; }

    public long Failed { get; init; }

    /// <summary>By a mirror.</summary>
    public long Deleted { get; init; }

    /// <summary>Things a mirror had to delete and could not; some of them are in <see cref="DirectoryProblems"/>.</summary>
    public long NotDeleted { get; init; }

    /// <summary>
    /// Directories whose metadata was not restored in full. It is set when the restore leaves a directory, long after
    /// its own result was given.
    /// </summary>
    public IReadOnlyList<RestoreResult> DirectoryProblems { get; init; } = [];
}
