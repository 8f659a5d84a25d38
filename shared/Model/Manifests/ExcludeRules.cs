namespace K8sBackup.Model.Manifests;

/// <summary>What a walk is to leave out, as the plan says.</summary>
public sealed record ExcludeRules
{
    /// <summary>Most patterns.</summary>
    public const int PatternsMax = 256;

    public static readonly ExcludeRules None = new();

    /// <summary>Lines in gitignore syntax (<see cref="Patterns.PathPattern"/>), in order.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Leave out what is in directories that hold a <c>.nobackup</c>.</summary>
    public bool Marked { get; init; }

    /// <summary>Leave out what is in directories with a CACHEDIR.TAG of the right signature.</summary>
    public bool Caches { get; init; }

    /// <summary>Leave out files of more bytes; 0 for no limit.</summary>
    public long FileBytesMax { get; init; }
}
