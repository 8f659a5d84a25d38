using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.ObjectStore.Local;

/// <summary>
/// Lets one swap at a time happen in a directory, over all processes. The lock is the kernel's and ends with the process that
/// holds it, so there is nothing to unlock after a crash; a process that hangs with it is waited for only so long.
/// </summary>
internal sealed class LocalSwapLock
{
    private const string FileName = ".swap-lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A swap is the write of one small file.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    private readonly string _path;
    private readonly TimeProvider _clock;

    public LocalSwapLock(string root, TimeProvider clock)
    {
        _path = Path.Combine(root, FileName);
        _clock = clock;
    }

    /// <summary>Runs the work with the lock held.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreError.Unavailable"/> when others held it too long.</exception>
    public async Task<T> RunAsync<T>(string name, Func<T> work, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        SafeFileHandle? held;
        while ((held = TryTake(name)) is null)
        {
            if (_clock.GetElapsedTime(start) > WaitMax)
            {
                throw new ObjectStoreException(
                    ObjectStoreError.Unavailable, "swap", name, $"another process has held {_path} for {WaitMax.TotalSeconds:0} s");
            }

            await Task.Delay(Poll, _clock, cancellationToken);
        }

        using (held)
        {
            return await Task.Run(work, cancellationToken);
        }
    }

    // The runtime may take a shared lock of its own while it opens, and fails with EAGAIN while somebody holds the file.
    private SafeFileHandle? TryTake(string name)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException e) when (e.HResult == Libc.TryAgain)
        {
            return null;
        }

        if (Libc.Flock(handle, Libc.LockExclusive | Libc.LockWithoutWaiting) == 0)
        {
            File.SetUnixFileMode(handle, OwnerOnly);
            return handle;
        }

        bool isHeld = Marshal.GetLastPInvokeError() is Libc.TryAgain or Libc.Interrupted;
        ObjectStoreException? error = isHeld ? null : LocalErrors.FromLastError("swap", name);
        handle.Dispose();
        return error is null ? null : throw error;
    }
}
