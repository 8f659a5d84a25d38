namespace K8sBackup.ObjectStore;

/// <summary>Why a store operation failed.</summary>
public enum ObjectStoreError
{
    Unspecified = 0,

    /// <summary>There is no object of that name.</summary>
    NotFound = 1,

    /// <summary>The store does not answer or failed inside; a write may have happened.</summary>
    Unavailable = 2,

    /// <summary>No room or quota left; nothing was written.</summary>
    NoSpace = 3,

    /// <summary>The store refuses the caller.</summary>
    PermissionDenied = 4,

    /// <summary>The store found that content differs from its own checksum.</summary>
    Corrupt = 5,

    /// <summary>The object is larger than the caller accepts.</summary>
    TooLarge = 6,

    /// <summary>The object is shorter than the range asked for.</summary>
    Truncated = 7,

    /// <summary>The name is not one a store accepts, or clashes with a prefix.</summary>
    InvalidName = 8,

    /// <summary>The store's settings make no sense, or name what is not there: a bucket, a credentials file.</summary>
    Configuration = 9,

    /// <summary>The store does not do what a repository needs of it, or what its settings ask of it.</summary>
    Unsuitable = 10,

    /// <summary>The object is under retention; it may be deleted when that ends, and not before.</summary>
    Retained = 11,

    /// <summary>
    /// The disk says that it did not keep what was written. Not to be settled by looking, nor by asking again: the object may be seen, and a
    /// second fsync succeeds although the pages are lost.
    /// </summary>
    NotDurable = 12,
}
