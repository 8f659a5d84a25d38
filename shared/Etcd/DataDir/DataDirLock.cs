using K8sBackup.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Takes the two locks a running etcd holds: flock on the database (bolt) and an open-file-description lock on the newest
/// WAL file. As long as this object lives no etcd can start on these files; renaming their directory keeps the locks.
/// </summary>
public sealed class DataDirLock : IDisposable
{
    private readonly List<SafeFileHandle> _handles = [];

    private DataDirLock()
    {
    }

    /// <summary>Tells whether the data-dir is free; if so, holds it until disposed.</summary>
    public DataDirUse Use { get; private set; }

    /// <summary>Tries both locks without waiting.</summary>
    /// <param name="memberDirectory">The <c>member</c> directory.</param>
    /// <param name="walDirectory">The WAL directory when it is kept apart, else null.</param>
    /// <exception cref="IOException">A file exists and cannot be opened.</exception>
    public static DataDirLock TryAcquire(string memberDirectory, string? walDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(memberDirectory);
        var held = new DataDirLock();
        try
        {
            held.Use = held.Acquire(Path.Combine(memberDirectory, "snap", "db"), walDirectory ?? Path.Combine(memberDirectory, "wal"));
        }
        catch
        {
            held.Dispose();
            throw;
        }

        if (held.Use != DataDirUse.Free)
        {
            held.Dispose();
        }

        return held;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _handles)
        {
            handle.Dispose();
        }

        _handles.Clear();
    }

    private DataDirUse Acquire(string database, string walDirectory)
    {
        if (File.Exists(database))
        {
            var handle = Keep(PosixFile.OpenRead(database));
            if (!PosixFile.TryLockExclusive(handle))
            {
                return DataDirUse.DatabaseHeld;
            }
        }

        // Names are sequence and index in fixed-width hex, so the greatest name is the newest file.
        var newest = Directory.Exists(walDirectory)
            ? Directory.EnumerateFiles(walDirectory, "*.wal").Max(StringComparer.Ordinal)
            : null;
        if (newest is not null && !PosixFile.TryLockOpenFileDescription(Keep(PosixFile.OpenReadWrite(newest))))
        {
            return DataDirUse.WalHeld;
        }

        return _handles.Count == 0 ? DataDirUse.NoMember : DataDirUse.Free;
    }

    private SafeFileHandle Keep(SafeFileHandle handle)
    {
        _handles.Add(handle);
        return handle;
    }
}
