using System.Buffers.Binary;

namespace K8sBackup.Demo.Native;

/// <summary>What the kernel says about an object (statx).</summary>
internal sealed record Stat
{
    private const uint TypeMask = 0xf000;

    public required uint Type { get; init; }

    public required uint Mode { get; init; }

    public required uint Links { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    public required ulong Inode { get; init; }

    public required long Size { get; init; }

    public required long AllocatedBytes { get; init; }

    public required long ModifiedSeconds { get; init; }

    public required uint ModifiedNanoseconds { get; init; }

    public required ulong Device { get; init; }

    public bool IsFile => Type == 0x8000;

    public bool IsDirectory => Type == 0x4000;

    public bool IsSymlink => Type == 0xa000;

    public bool IsSocket => Type == 0xc000;

    public string Kind => Type switch
    {
        0x8000 => "file",
        0x4000 => "directory",
        0xa000 => "symlink",
        0xc000 => "socket",
        0x1000 => "fifo",
        0x2000 => "char device",
        0x6000 => "block device",
        _ => "unknown",
    };

    /// <summary>Offsets as in linux/stat.h, struct statx; the same on all architectures.</summary>
    public static Stat Parse(ReadOnlySpan<byte> statx)
    {
        ushort mode = BinaryPrimitives.ReadUInt16LittleEndian(statx[28..]);
        return new Stat
        {
            Type = mode & TypeMask,
            Mode = mode & ~TypeMask,
            Links = BinaryPrimitives.ReadUInt32LittleEndian(statx[16..]),
            Uid = BinaryPrimitives.ReadUInt32LittleEndian(statx[20..]),
            Gid = BinaryPrimitives.ReadUInt32LittleEndian(statx[24..]),
            Inode = BinaryPrimitives.ReadUInt64LittleEndian(statx[32..]),
            Size = BinaryPrimitives.ReadInt64LittleEndian(statx[40..]),
            AllocatedBytes = BinaryPrimitives.ReadInt64LittleEndian(statx[48..]) * 512,
            ModifiedSeconds = BinaryPrimitives.ReadInt64LittleEndian(statx[112..]),
            ModifiedNanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(statx[120..]),
            Device = BinaryPrimitives.ReadUInt64LittleEndian(statx[128..]),
        };
    }
}
