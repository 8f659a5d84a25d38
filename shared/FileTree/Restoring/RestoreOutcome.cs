namespace K8sBackup.FileTree.Restoring;

/// <summary>How the restore of one entry ended.</summary>
public enum RestoreOutcome
{
    Restored,

    /// <summary>Left alone on purpose: something exists there, or such objects are not restored.</summary>
    Skipped,

    Failed,
}
