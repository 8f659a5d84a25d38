namespace K8sBackup.Model.Trees;

/// <summary>
/// One object of a captured tree. Entries of a tree are ordered by <see cref="TreePath.Compare"/>: a directory
/// comes right before what it contains, so that the order is the order of a walk.
/// </summary>
public sealed record TreeEntry
{
    /// <summary>Path relative to the root, any bytes but NUL, components separated by '/', empty for the root itself.</summary>
    public required byte[] Path { get; init; }

    public required EntryKind Kind { get; init; }

    public EntryState State { get; init; }

    /// <summary>Permission, set-id and sticky bits (07777).</summary>
    public int Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Bytes of a file, holes included; 0 for anything else.</summary>
    public long Size { get; init; }

    public UnixTime ModifiedAt { get; init; }

    public UnixTime ChangedAt { get; init; }

    /// <summary>Inode number at capture, for recognising unchanged files only.</summary>
    public ulong Inode { get; init; }

    /// <summary>Major and minor number of a device node, as the kernel's 64-bit dev_t.</summary>
    public ulong Device { get; init; }

    /// <summary>What a symlink points to, or the path (from the root) of the first name of a hard link; empty otherwise.</summary>
    public byte[] LinkTarget { get; init; } = [];

    /// <summary>Of files and directories.</summary>
    public FileFlags Flags { get; init; }

    /// <summary>Sorted by name bytes.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; } = [];

    public FileContent Content { get; init; } = FileContent.Empty;

    /// <summary>Why the state is what it is, when it is not <see cref="EntryState.Captured"/>; free of file content.</summary>
    public string Reason { get; init; } = "";
}
