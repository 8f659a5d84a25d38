namespace K8sBackup.Model.Trees;

/// <summary>
/// What chattr(1) sets on files and directories, as far as the kernel tells it together with the status. The numbers are stored; they
/// are those of linux/fs.h and of statx(2).
/// </summary>
[Flags]
public enum FileFlags
{
    None = 0,
    Compressed = 0x4,
    Immutable = 0x10,
    AppendOnly = 0x20,
    NoDump = 0x40,

    /// <summary>Those that keep even root from replacing or removing the object.</summary>
    Locks = Immutable | AppendOnly,

    All = Compressed | Locks | NoDump,
}
