namespace K8sBackup.Repository.Pruning;

/// <summary>What keeps a prune from doing all it would.</summary>
public enum PruneObstacleKind
{
    Unspecified = 0,

    /// <summary>The clock cannot be trusted: nothing is deleted or condemned.</summary>
    Clock = 1,

    /// <summary>A manifest or chunk list cannot be read, so nobody knows what it needs: no pack is deleted or condemned.</summary>
    DamagedManifest = 2,

    /// <summary>The index is not complete: packs no segment lists stay.</summary>
    IncompleteIndex = 3,

    /// <summary>The store does not let an object be deleted yet (object lock).</summary>
    Locked = 4,

    /// <summary>An upload going on is older than a tombstone, which waits for it.</summary>
    Upload = 5,

    /// <summary>A pack to be copied is damaged and stays.</summary>
    DamagedPack = 6,

    /// <summary>The store failed at a delete; the next prune tries again.</summary>
    Store = 7,
}
