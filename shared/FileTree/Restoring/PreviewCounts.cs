namespace K8sBackup.FileTree.Restoring;

/// <summary>What a restore would do, in numbers; exact.</summary>
public sealed record PreviewCounts
{
    public long Create { get; init; }

    public long CreateBytes { get; init; }

    public long Replace { get; init; }

    public long ReplaceBytes { get; init; }

    /// <summary>Of those to be replaced: have the same kind, size and modification time already.</summary>
    public long Alike { get; init; }

    /// <summary>Stay as they are, directories that exist among them.</summary>
    public long Keep { get; init; }

    public long Delete { get; init; }

    public long Fail { get; init; }
}
