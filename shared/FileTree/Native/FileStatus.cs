using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Native;

/// <summary>What statx(2) says about an object.</summary>
public readonly record struct FileStatus
{
    // Bits of st_mode (inode(7)).
    private const int TypeMask = 0xf000;
    private const int PermissionMask = 0xfff;

    internal FileStatus(in StatX stat)
    {
        Kind = (stat.Mode & TypeMask) switch
        {
            0x8000 => EntryKind.File,
            0x4000 => EntryKind.Directory,
            0xa000 => EntryKind.Symlink,
            0x1000 => EntryKind.Fifo,
            0xc000 => EntryKind.Socket,
            0x2000 => EntryKind.CharDevice,
            0x6000 => EntryKind.BlockDevice,
            _ => EntryKind.Unknown,
        };
        Permissions = stat.Mode & PermissionMask;
        Flags = Kind is EntryKind.File or EntryKind.Directory ? (FileFlags)stat.Attributes & FileFlags.All : FileFlags.None;
        Links = stat.Links;
        Uid = stat.Uid;
        Gid = stat.Gid;
        Size = (long)stat.Size;
        Allocated = (long)stat.Blocks * StatX.BlockBytes;
        Inode = stat.Inode;
        ModifiedAt = new UnixTime(stat.ModifiedSeconds, (int)stat.ModifiedNanoseconds);
        ChangedAt = new UnixTime(stat.ChangedSeconds, (int)stat.ChangedNanoseconds);
        Device = DeviceNumber(stat.DeviceMajor, stat.DeviceMinor);
        FileSystem = DeviceNumber(stat.FileSystemMajor, stat.FileSystemMinor);
        Mount = (stat.Mask & StatX.MaskMount) != 0 ? stat.Mount : FileSystem;
    }

    public EntryKind Kind { get; }

    /// <summary>Permission, set-id and sticky bits.</summary>
    public int Permissions { get; }

    /// <summary>Of files and directories; none where the file system has none, or does not tell.</summary>
    public FileFlags Flags { get; }

    public uint Links { get; }

    public uint Uid { get; }

    public uint Gid { get; }

    public long Size { get; init; }

    /// <summary>Bytes of storage it takes; less than its size where it has holes, or lies compressed or within its inode.</summary>
    public long Allocated { get; }

    public ulong Inode { get; }

    public UnixTime ModifiedAt { get; }

    public UnixTime ChangedAt { get; }

    /// <summary>Number of the device a device node stands for.</summary>
    public ulong Device { get; }

    /// <summary>Number of the device the object lies on.</summary>
    public ulong FileSystem { get; }

    /// <summary>The mount the object was reached through; before Linux 5.8 the file system's number.</summary>
    public ulong Mount { get; }

    /// <summary>True when both describe the same object.</summary>
    public bool IsSameObject(in FileStatus other) => Inode == other.Inode && FileSystem == other.FileSystem;

    // makedev(3): major and minor interleaved in 64 bits.
    private static ulong DeviceNumber(uint major, uint minor) =>
        (minor & 0xffUL) | ((major & 0xfffUL) << 8) | ((minor & ~0xffUL) << 12) | ((major & ~0xfffUL) << 32);
}
