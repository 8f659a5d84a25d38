using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.Files;

/// <summary>
/// The few system calls this library makes itself. Files are opened here because .NET's own open takes an flock unless the
/// application turned that off, and a bolt database whose server runs is held by exactly such a lock.
/// </summary>
internal static partial class PosixFile
{
    private const string LabelAttribute = "security.selinux";
    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const int TryAgain = 11;

    public static SafeFileHandle OpenRead(string path) => Open(path, ReadOnly | CloseOnExec, 0);

    public static SafeFileHandle OpenReadWrite(string path) => Open(path, ReadWrite | CloseOnExec, 0);

    /// <summary>Creates a file that must not exist, mode 0600.</summary>
    public static SafeFileHandle CreateNew(string path) => Open(path, ReadWrite | Create | Exclusive | CloseOnExec, 0x180);

    public static void Sync(SafeFileHandle handle)
    {
        if (NativeSync(handle) != 0)
        {
            throw Error("fsync", null);
        }
    }

    /// <summary>Makes renames and creations inside a directory durable.</summary>
    public static void SyncDirectory(string path)
    {
        using var handle = Open(path, ReadOnly | CloseOnExec, 0);
        Sync(handle);
    }

    /// <summary>Renames within one file system; an existing directory that is not empty is never replaced.</summary>
    public static void Rename(string from, string to)
    {
        if (NativeRename(from, to) != 0)
        {
            throw Error("rename", $"{from} to {to}");
        }
    }

    /// <summary>Creates a directory, mode 0700, below an existing one; one that exists is left as it is.</summary>
    public static void CreateDirectory(string path)
    {
        const int exists = 17;
        if (NativeMkdir(path, 0x1c0) != 0 && Marshal.GetLastPInvokeError() != exists)
        {
            throw Error("mkdir", path);
        }
    }

    public static void ChangeOwner(string path, uint uid, uint gid)
    {
        if (NativeLchown(path, uid, gid) != 0)
        {
            throw Error("chown", path);
        }
    }

    /// <summary>Copies the SELinux label, where the system and the source have one.</summary>
    public static void CopyLabel(string from, string to)
    {
        const int noData = 61;
        const int notSupported = 95;
        var label = new byte[4096];
        var length = NativeGetAttribute(from, LabelAttribute, label, label.Length);
        if (length < 0)
        {
            if (Marshal.GetLastPInvokeError() is noData or notSupported)
            {
                return;
            }

            throw Error("getxattr", from);
        }

        if (NativeSetAttribute(to, LabelAttribute, label, length, 0) != 0)
        {
            throw Error("setxattr", to);
        }
    }

    /// <summary>Tries flock(LOCK_EX | LOCK_NB), the lock bolt holds; false when somebody has it.</summary>
    public static bool TryLockExclusive(SafeFileHandle handle)
    {
        const int exclusiveNonBlocking = 2 | 4;
        return NativeFlock(handle, exclusiveNonBlocking) == 0 || (LastErrorIsBusy() ? false : throw Error("flock", null));
    }

    /// <summary>Tries an open-file-description write lock over the whole file, the lock etcd holds on its WAL.</summary>
    public static bool TryLockOpenFileDescription(SafeFileHandle handle)
    {
        const int setLock = 37; // F_OFD_SETLK
        var request = new FileLock { Type = 1 }; // F_WRLCK from offset 0 to the end
        return NativeFcntl(handle, setLock, ref request) == 0 || (LastErrorIsBusy() ? false : throw Error("fcntl", null));
    }

    private static bool LastErrorIsBusy() => Marshal.GetLastPInvokeError() is TryAgain or 13;

    private static SafeFileHandle Open(string path, int flags, int mode)
    {
        var descriptor = NativeOpen(path, flags, mode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Error("open", path);
    }

    private static IOException Error(string operation, string? path)
    {
        var code = Marshal.GetLastPInvokeError();
        var text = $"{operation}{(path is null ? string.Empty : " " + path)}: {new Win32Exception(code).Message}";
        return code switch
        {
            2 => new FileNotFoundException(text, path),
            _ => new IOException(text, code),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeRename(string from, string to);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeMkdir(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeLchown(string path, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeGetAttribute(string path, string name, byte[] value, nint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeSetAttribute(string path, string name, byte[] value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int NativeFlock(SafeFileHandle handle, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int NativeFcntl(SafeFileHandle handle, int command, ref FileLock request);

    // struct flock of 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }
}
