using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Native;

/// <summary>Whether a place can be written at all.</summary>
public static class TargetAccess
{
    private const int WriteOk = 2;

    /// <summary>True for a directory of a file system, or in a mount, that is read-only for everybody. Who may write otherwise is not asked.</summary>
    public static bool IsReadOnly(SafeFileHandle directory) =>
        LibcRestore.AccessAt(directory, CName.Of("."u8), WriteOk, 0) != 0 && Marshal.GetLastPInvokeError() == Errno.ReadOnlyFileSystem;
}
