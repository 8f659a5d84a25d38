namespace K8sBackup.Repository.Copying;

/// <summary>What a copy did.</summary>
public sealed record CopyReport
{
    /// <summary>Most problems named; the count is exact.</summary>
    public const int ListedMax = 1000;

    /// <summary>Objects that were copied.</summary>
    public required long Copied { get; init; }

    /// <summary>Their bytes.</summary>
    public required long CopiedBytes { get; init; }

    /// <summary>Objects the copy had already.</summary>
    public required long Present { get; init; }

    /// <summary>Objects that were deleted from the copy.</summary>
    public required long Deleted { get; init; }

    /// <summary>Objects that vanished from the source while it was copied: a prune took them.</summary>
    public required long Vanished { get; init; }

    public required IReadOnlyList<CopyProblem> Problems { get; init; }

    public required long ProblemCount { get; init; }

    /// <summary>True when the copy has everything the source has, unharmed.</summary>
    public bool IsWhole => ProblemCount == 0;
}
