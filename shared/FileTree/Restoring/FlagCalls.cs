using System.Runtime.InteropServices;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Changes what chattr(1) changes, through open objects only.</summary>
internal static class FlagCalls
{
    // FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h; the same on x86-64 and arm64.
    private const nuint Get = 0x80086601;
    private const nuint Set = 0x40086602;

    /// <summary>The system's error number, 0 when the flags are as asked for.</summary>
    public static int Change(SafeFileHandle file, FileFlags add, FileFlags remove)
    {
        uint flags = 0;
        if (LibcRestore.Control(file, Get, ref flags) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        uint wanted = (flags & ~(uint)remove) | (uint)add;
        return wanted == flags || LibcRestore.Control(file, Set, ref wanted) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Opens for reading the very file that is only looked at through a handle.</summary>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public static SafeFileHandle Reopen(SafeFileHandle file)
    {
        int flags = OpenFlags.ReadOnly | OpenFlags.CloseOnExec | OpenFlags.NonBlocking;
        int descriptor = LibcRestore.OpenAt(file, CName.Of(TargetCalls.DescriptorPath(file)), flags, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("open");
    }
}
