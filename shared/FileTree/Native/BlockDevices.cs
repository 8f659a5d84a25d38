using System.Globalization;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Native;

/// <summary>Opens block devices for reading. Never exclusively: somebody else works with them.</summary>
public static unsafe class BlockDevices
{
    // _IOR(0x12, 114, size_t) of linux/fs.h; the same on x86-64 and arm64.
    private const nuint GetSize64 = 0x80081272;

    // Documentation/block/stat.rst: the seventh number.
    private const int WrittenField = 6;

    /// <summary>Opens the device whose node lies in a directory. No link is followed, and nothing but a block device is opened.</summary>
    /// <exception cref="LinuxException">It is gone, another kind of object, or may not be read.</exception>
    public static FileReader Open(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        FileStatus listed = Metadata.Status(directory, name);
        Require(listed.Kind == EntryKind.BlockDevice);
        SafeFileHandle device = DirectoryHandles.OpenFile(directory, name);
        try
        {
            FileStatus status = Metadata.Status(device);
            Require(status.Kind == EntryKind.BlockDevice && status.Device == listed.Device);
            ulong size;
            return Libc.Control(device, GetSize64, &size) == 0
                ? new FileReader(device, status with { Size = (long)size })
                : throw LinuxException.Last("ioctl");
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>How many sectors of a device were written since the system started; null when the kernel does not tell.</summary>
    internal static long? SectorsWritten(ulong device)
    {
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{Major(device)}:{Minor(device)}/stat");
            string[] fields = File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > WrittenField && long.TryParse(fields[WrittenField], NumberStyles.None, CultureInfo.InvariantCulture, out long sectors)
                ? sectors
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // The reverse of makedev(3).
    private static ulong Major(ulong device) => ((device >> 8) & 0xfffUL) | ((device >> 32) & ~0xfffUL);

    private static ulong Minor(ulong device) => (device & 0xffUL) | ((device >> 12) & ~0xffUL);

    private static void Require(bool isDevice)
    {
        if (!isDevice)
        {
            throw new LinuxException("open", Errno.NotBlockDevice);
        }
    }
}
