namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// What a restore does where something exists already. Directories merge: but for <see cref="Mirror"/> they are never emptied,
/// and anything but a directory never replaces one, except that <see cref="Rename"/> can move one aside.
/// </summary>
public enum ConflictPolicy
{
    /// <summary>What exists stays as it is, metadata of existing directories included.</summary>
    Skip,

    /// <summary>What exists is replaced.</summary>
    Overwrite,

    /// <summary>What exists is kept beside the restored object as <c>name.kb-before-id</c>, unless it is the very same.</summary>
    Rename,

    /// <summary>As <see cref="Overwrite"/>, and what is not in the tree is deleted, where the tree says all there is.</summary>
    Mirror,
}
