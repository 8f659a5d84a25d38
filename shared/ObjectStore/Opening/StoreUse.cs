namespace K8sBackup.ObjectStore.Opening;

/// <summary>What a store is opened for.</summary>
public enum StoreUse
{
    /// <summary>It is there and is only read: nothing is written, not even to find out what it can do.</summary>
    Read = 1,

    /// <summary>It is there: a directory that is missing is a mistyped path, not an empty store.</summary>
    Existing = 2,

    /// <summary>A directory that is missing is made. Buckets are never made.</summary>
    Create = 3,
}
