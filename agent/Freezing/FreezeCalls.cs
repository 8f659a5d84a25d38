using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>FIFREEZE and FITHAW of linux/fs.h: a frozen file system is consistent on its disk, and everything that writes to it waits.</summary>
internal static partial class FreezeCalls
{
    // _IOWR('X', 119, int) and _IOWR('X', 120, int), the same on every architecture .NET runs on.
    private const nuint Freeze = 0xC0045877;
    private const nuint Thaw = 0xC0045878;

    /// <summary>0, or the error: EBUSY when it is frozen already, EOPNOTSUPP where the file system cannot be, EPERM without CAP_SYS_ADMIN.</summary>
    public static int TryFreeze(SafeFileHandle directory) => Control(directory, Freeze, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>0, or the error: EINVAL when it is not frozen.</summary>
    public static int TryThaw(SafeFileHandle directory) => Control(directory, Thaw, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, nuint argument);
}
