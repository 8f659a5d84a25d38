namespace K8sBackup.ObjectStore.Opening;

/// <summary>Whether a store must be there when it is opened.</summary>
public enum StoreUse
{
    /// <summary>It must: a directory that is missing is a mistyped path, not an empty store.</summary>
    Existing = 1,

    /// <summary>A directory that is missing is made.</summary>
    Create = 2,
}
