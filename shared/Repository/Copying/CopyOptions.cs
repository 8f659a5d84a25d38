namespace K8sBackup.Repository.Copying;

/// <summary>How a repository is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>
    /// False: what the source deleted stays in the copy. True: what the source does not have any more is deleted there too, last, and never
    /// when the source has no restore point left or anything was not copied.
    /// </summary>
    public bool Prune { get; init; }

    /// <summary>Packs on their way at once; each takes its length in memory, 32 MiB as packs are written.</summary>
    public int PacksAtOnce { get; init; } = 2;
}
