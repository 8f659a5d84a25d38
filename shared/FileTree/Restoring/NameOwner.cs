namespace K8sBackup.FileTree.Restoring;

/// <summary>Whose a name in the target is.</summary>
internal enum NameOwner
{
    /// <summary>Anybody's: no restore makes up such a name.</summary>
    Anybody,

    /// <summary>This restore's, from an earlier run of it.</summary>
    Ours,

    /// <summary>Left by an earlier restore that is over.</summary>
    Stale,

    /// <summary>A restore's that is going on, or later than this one.</summary>
    Others,
}
