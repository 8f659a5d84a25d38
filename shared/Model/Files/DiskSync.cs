using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Model.Files;

/// <summary>
/// fsync(2) that says when it fails. The runtime's own (a FileStream flushed to disk, RandomAccess) returns as if nothing had happened whatever the
/// disk answers, up to .NET 10 at least: a backup on a full or dying disk would count as kept.
/// </summary>
public static partial class DiskSync
{
    private const int InterruptedCall = 4;

    /// <summary>Returns when the file's content is on the disk.</summary>
    /// <exception cref="IOException">It is not. A second attempt would succeed, and the content be lost all the same.</exception>
    public static void Sync(FileStream file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Flush();
        Sync(file.SafeFileHandle, file.Name);
    }

    /// <summary>Returns when the file's content is on the disk.</summary>
    /// <exception cref="IOException">It is not; the error number is its <see cref="Exception.HResult"/>.</exception>
    public static void Sync(SafeFileHandle file, string path)
    {
        int error;
        do
        {
            error = NativeSync(file) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        while (error == InterruptedCall);
        if (error != 0)
        {
            throw new IOException($"The disk did not keep {path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeSync(SafeFileHandle file);
}
