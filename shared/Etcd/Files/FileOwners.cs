using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Files;

/// <summary>Reads who owns a file.</summary>
public static partial class FileOwners
{
    // struct statx of linux/stat.h has the same layout on every architecture.
    private const int StatxBytes = 256;
    private const int UidOffset = 20;
    private const int GidOffset = 24;
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint OwnerMask = 0x18;

    /// <summary>The owner; null when the file is not there or cannot be examined.</summary>
    public static FileOwner? Read(string path)
    {
        Span<byte> result = stackalloc byte[StatxBytes];
        return Statx(CurrentDirectory, path, NoFollow, OwnerMask, result) == 0
            ? new FileOwner(BinaryPrimitives.ReadUInt32LittleEndian(result[UidOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(result[GidOffset..]))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> result);
}
