namespace K8sBackup.Repository.Checking;

/// <summary>What a rebuild of the index did.</summary>
/// <param name="Packs">Packs in the store.</param>
/// <param name="Added">Packs no readable segment listed, which now are listed.</param>
/// <param name="Segments">Names of the new segments.</param>
/// <param name="Removed">Damaged segments that went, because all packs they could list are listed in others.</param>
/// <param name="Unreadable">Packs whose directory cannot be read; they stay unlisted.</param>
public sealed record IndexRebuildReport(
    long Packs,
    long Added,
    IReadOnlyList<string> Segments,
    IReadOnlyList<string> Removed,
    IReadOnlyList<RepositoryCorruptException> Unreadable);
