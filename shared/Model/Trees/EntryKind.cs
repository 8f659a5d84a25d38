namespace K8sBackup.Model.Trees;

/// <summary>What a tree entry is. The numbers are stored.</summary>
public enum EntryKind
{
    /// <summary>The object could be listed but not examined; only its path and state are known.</summary>
    Unknown = 0,
    File = 1,
    Directory = 2,
    Symlink = 3,

    /// <summary>A further name of a file entry that comes earlier in the same tree.</summary>
    HardLink = 4,
    Fifo = 5,
    Socket = 6,
    CharDevice = 7,
    BlockDevice = 8,
}
