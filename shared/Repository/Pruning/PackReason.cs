namespace K8sBackup.Repository.Pruning;

/// <summary>Why a pack goes.</summary>
public enum PackReason
{
    Unspecified = 0,

    /// <summary>No manifest needs any of its chunks.</summary>
    Unreferenced = 1,

    /// <summary>No index segment lists it: left by a crash.</summary>
    Orphaned = 2,

    /// <summary>Its live share is below the threshold; what lives is copied first.</summary>
    Sparse = 3,

    /// <summary>The newest snapshot of a source is in too many packs; what lives is copied together with others.</summary>
    Scattered = 4,
}
