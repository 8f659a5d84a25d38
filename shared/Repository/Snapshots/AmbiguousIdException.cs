namespace K8sBackup.Repository.Snapshots;

/// <summary>The beginning of an id fits more than one object.</summary>
public sealed class AmbiguousIdException : Exception
{
    public AmbiguousIdException(string prefix, IReadOnlyList<string> matches)
        : base($"'{prefix}' fits more than one id: {string.Join(", ", matches)}") => Matches = matches;

    /// <summary>Some of the ids it fits.</summary>
    public IReadOnlyList<string> Matches { get; }

    /// <summary>Always true.</summary>
    public bool IsPermanent { get; } = true;
}
