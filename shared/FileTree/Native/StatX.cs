using System.Runtime.InteropServices;

namespace K8sBackup.FileTree.Native;

/// <summary>Result of statx(2), the part that is used; linux/stat.h gives the offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    /// <summary>STATX_BASIC_STATS and STATX_MNT_ID.</summary>
    public const uint MaskUsed = 0x7ff | MaskMount;

    public const uint MaskMount = 0x1000;

    /// <summary>Unit of <see cref="Blocks"/>, whatever the file system's is.</summary>
    public const int BlockBytes = 512;

    [FieldOffset(0x00)]
    public uint Mask;

    [FieldOffset(0x08)]
    public ulong Attributes;

    [FieldOffset(0x10)]
    public uint Links;

    [FieldOffset(0x14)]
    public uint Uid;

    [FieldOffset(0x18)]
    public uint Gid;

    [FieldOffset(0x1c)]
    public ushort Mode;

    [FieldOffset(0x20)]
    public ulong Inode;

    [FieldOffset(0x28)]
    public ulong Size;

    [FieldOffset(0x30)]
    public ulong Blocks;

    [FieldOffset(0x60)]
    public long ChangedSeconds;

    [FieldOffset(0x68)]
    public uint ChangedNanoseconds;

    [FieldOffset(0x70)]
    public long ModifiedSeconds;

    [FieldOffset(0x78)]
    public uint ModifiedNanoseconds;

    [FieldOffset(0x80)]
    public uint DeviceMajor;

    [FieldOffset(0x84)]
    public uint DeviceMinor;

    [FieldOffset(0x88)]
    public uint FileSystemMajor;

    [FieldOffset(0x8c)]
    public uint FileSystemMinor;

    [FieldOffset(0x90)]
    public ulong Mount;
}
