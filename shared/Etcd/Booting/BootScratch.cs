using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using K8sBackup.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.Booting;

/// <summary>
/// The directory of one boot test, for its user alone, held by a lock for as long as the test runs and deleted with it.
/// What a killed test left behind, a server included, is found by that lock being free.
/// </summary>
public sealed class BootScratch : IDisposable
{
    private const string LockName = "lock";
    private const string DataName = "data";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan _endTimeout = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly SafeFileHandle _lock;

    private BootScratch(string path, SafeFileHandle held)
    {
        _path = path;
        _lock = held;
    }

    internal string DataDirectory => Path.Combine(_path, DataName);

    internal string CredentialsDirectory => Path.Combine(_path, "tls");

    internal static BootScratch Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            if (Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new BootTestException(BootTestFault.ScratchUnusable, $"{path} is not empty");
            }

            var held = PosixFile.CreateNew(Path.Combine(path, LockName));
            if (!PosixFile.TryLockExclusive(held))
            {
                held.Dispose();
                throw new BootTestException(BootTestFault.ScratchUnusable, $"{path} is being swept");
            }

            var scratch = new BootScratch(path, held);
            Directory.CreateDirectory(scratch.CredentialsDirectory, OwnerOnly);
            return scratch;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootTestException(BootTestFault.ScratchUnusable, $"{path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Ends what killed boot tests left: for every directory of <paramref name="parent"/> that was one and whose test is no
    /// more, a server that still runs on it is killed, by its id, and the directory is deleted. Returns how many there were.
    /// </summary>
    /// <exception cref="IOException">A directory could not be deleted.</exception>
    public static int Sweep(string parent)
    {
        ArgumentException.ThrowIfNullOrEmpty(parent);
        if (!Directory.Exists(parent))
        {
            return 0;
        }

        var swept = 0;
        foreach (var path in Directory.GetDirectories(Path.GetFullPath(parent)).Where(path => File.Exists(Path.Combine(path, LockName))))
        {
            using var held = PosixFile.OpenReadWrite(Path.Combine(path, LockName));
            if (PosixFile.TryLockExclusive(held))
            {
                KillServersOn(Path.Combine(path, DataName));
                Directory.Delete(path, recursive: true);
                swept++;
            }
        }

        return swept;
    }

    /// <summary>Deletes the directory. What a server still writes there that was killed and hangs in the kernel stays for the next sweep.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_path, recursive: true);
        }
        catch (IOException) when (Directory.Exists(_path))
        {
            // How the test ended is what counts; the free lock tells the sweep.
        }
        finally
        {
            _lock.Dispose();
        }
    }

    private static void KillServersOn(string dataDirectory)
    {
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && RunsOn(id, dataDirectory))
            {
                Kill(id);
            }
        }
    }

    private static bool RunsOn(int id, string dataDirectory)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Contains(dataDirectory, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or is somebody else's.
            return false;
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit(_endTimeout);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended by itself meanwhile, or may not be killed; then the directory cannot be deleted, which tells.
        }
    }
}
