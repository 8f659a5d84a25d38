namespace K8sBackup.Repository.Pruning;

/// <summary>What became of an object that was to be deleted.</summary>
internal enum DeleteOutcome
{
    /// <summary>It is gone.</summary>
    Deleted = 1,

    /// <summary>The store does not let it go yet.</summary>
    Locked = 2,

    /// <summary>The store failed; it may be gone.</summary>
    Failed = 3,
}
