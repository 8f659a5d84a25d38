using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Changes to the target. Every name is a single component relative to an open directory, so that no call can be led
/// elsewhere by swapping a directory for a symbolic link: the calls that create, rename and remove never follow the
/// last component, and the calls that open ask not to.
/// </summary>
internal static class TargetCalls
{
    public const uint FifoType = 0x1000;
    public const uint CharDeviceType = 0x2000;
    public const uint BlockDeviceType = 0x6000;

    // Most of the temporary object's life nobody but us may open it.
    private const uint PrivateFile = 0x180;
    private const uint PrivateDirectory = 0x1c0;

    private static readonly byte[] _itself = CName.Of([]);

    /// <summary>Status of a name, null when there is none.</summary>
    public static FileStatus? Find(SafeFileHandle directory, ReadOnlySpan<byte> name) => Metadata.Find(directory, name);

    public static SafeFileHandle CreateFile(SafeFileHandle directory, byte[] name)
    {
        int flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec | OpenFlags.NoFollow | OpenFlags.LargeFile;
        int descriptor = LibcRestore.OpenAt(directory, CName.Of(name), flags, PrivateFile);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("create");
    }

    /// <summary>False when the name is taken.</summary>
    public static bool TryCreateDirectory(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        int result = LibcRestore.MakeDirectoryAt(directory, CName.Of(name), PrivateDirectory);
        return result == 0 || (Marshal.GetLastPInvokeError() == Errno.Exists ? false : throw LinuxException.Last("mkdir"));
    }

    public static void CreateSymlink(SafeFileHandle directory, byte[] name, byte[] target) =>
        Check(LibcRestore.SymlinkAt(CName.Of(target), directory, CName.Of(name)), "symlink");

    public static void CreateNode(SafeFileHandle directory, byte[] name, uint type, ulong device) =>
        Check(LibcRestore.MakeNodeAt(directory, CName.Of(name), type | PrivateFile, device), "mknod");

    /// <summary>Gives the object behind a handle another name.</summary>
    public static void Link(SafeFileHandle file, SafeFileHandle directory, byte[] name)
    {
        if (LibcRestore.LinkAt(file, _itself, directory, CName.Of(name), LibcRestore.AtEmptyPath) == 0)
        {
            return;
        }

        // Without CAP_DAC_READ_SEARCH kernels answer ENOENT; /proc is the other way to say the same.
        byte[] path = CName.Of(DescriptorPath(file));
        Check(LibcRestore.LinkAt(directory, path, directory, CName.Of(name), LibcRestore.AtSymlinkFollow), "link");
    }

    /// <summary>Removes a name that is no directory; a name that is gone is fine.</summary>
    public static void Remove(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        if (LibcRestore.UnlinkAt(directory, CName.Of(name), 0) != 0 && Marshal.GetLastPInvokeError() != Errno.NoEntry)
        {
            throw LinuxException.Last("unlink");
        }
    }

    /// <summary>Removes a directory; false when something is in it. One that is gone is fine.</summary>
    public static bool TryRemoveDirectory(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        if (LibcRestore.UnlinkAt(directory, CName.Of(name), LibcRestore.AtRemoveDirectory) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error == Errno.NoEntry || (error is Errno.NotEmpty or Errno.Exists ? false : throw new LinuxException("rmdir", error));
    }

    public static void Replace(SafeFileHandle directory, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        Check(LibcRestore.RenameAt2(directory, CName.Of(from), directory, CName.Of(to), LibcRestore.RenameReplace), "rename");

    /// <summary>Renames unless the new name is taken, in one step; false when it is.</summary>
    public static bool TryRename(SafeFileHandle directory, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (LibcRestore.RenameAt2(directory, CName.Of(from), directory, CName.Of(to), LibcRestore.RenameNoReplace) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != Errno.Invalid)
        {
            return error == Errno.Exists ? false : throw new LinuxException("rename", error);
        }

        // Some network file systems cannot rename without replacing; linking refuses a taken name everywhere.
        if (LibcRestore.LinkAt(directory, CName.Of(from), directory, CName.Of(to), 0) == 0)
        {
            Remove(directory, from);
            return true;
        }

        error = Marshal.GetLastPInvokeError();
        return error == Errno.Exists ? false : throw new LinuxException("link", error);
    }

    public static void SetLength(SafeFileHandle file, long length) => Check(LibcRestore.Truncate(file, length), "ftruncate");

    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, long offset)
    {
        while (!data.IsEmpty)
        {
            nint written = LibcRestore.Write(file, data, data.Length, offset);
            if (written <= 0)
            {
                throw LinuxException.Last("write");
            }

            data = data[(int)written..];
            offset += written;
        }
    }

    public static void Sync(SafeFileHandle file) => Check(LibcRestore.SyncFileSystem(file), "syncfs");

    /// <summary>A path that stands for exactly the object behind the handle, links and devices included, for as long as it is open.</summary>
    public static byte[] DescriptorPath(SafeFileHandle file) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}"));

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call);
        }
    }
}
