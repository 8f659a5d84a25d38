using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.ObjectStore.Local;

/// <summary>The file operations under <see cref="LocalObjectStore"/>. Names are valid when they arrive here.</summary>
internal sealed class LocalFiles
{
    private const string TemporaryDirectory = ".tmp";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnly | UnixFileMode.UserExecute;

    // Temporary files live for the time of one write; an hour leaves room for a very slow disk.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    private readonly string _root;

    // Directories whose own entry is known to be durable: another process may have made one and died before it was.
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    public LocalFiles(string root) => _root = root;

    /// <summary>What is at a path; null when nothing is. Unlike File.Exists it does not take a failing disk for an empty one.</summary>
    public static FileAttributes? Look(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Prepare()
    {
        Directory.CreateDirectory(_root, OwnerOnlyDirectory);
        Directory.CreateDirectory(Path.Combine(_root, TemporaryDirectory), OwnerOnlyDirectory);
        SyncDirectory(_root, "");
    }

    /// <summary>Removes temporary files that are old and that no process holds: every writer locks its own while it writes.</summary>
    public void RemoveLeftovers(DateTimeOffset now)
    {
        foreach (FileInfo file in new DirectoryInfo(Path.Combine(_root, TemporaryDirectory)).EnumerateFiles())
        {
            if (now - file.LastWriteTimeUtc < LeftoverAge)
            {
                continue;
            }

            try
            {
                using SafeFileHandle handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                File.Delete(file.FullName);
            }
            catch (IOException)
            {
                // Held by a writer, or gone: neither is ours to remove.
            }
        }
    }

    public PutOutcome Create(string name, ReadOnlySpan<byte> content)
    {
        string path = PathOf(name);
        if (Look(path) is { } attributes)
        {
            return (attributes & FileAttributes.Directory) == 0
                ? Existing(name, path)
                : throw new ObjectStoreException(ObjectStoreError.InvalidName, "put", name, "other objects' names begin with it");
        }

        string temporary = WriteTemporary(name, content);
        try
        {
            MakeDirectories(name);
            if (Libc.Link(temporary, path) != 0)
            {
                return Marshal.GetLastPInvokeError() == Libc.Exists
                    ? Existing(name, path)
                    : throw LocalErrors.FromLastError("put", name);
            }

            SyncName(path, name);
            return PutOutcome.Created;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // A name that may be lost with the next crash must not be found by who comes next: it would be taken for durable.
    private static void SyncName(string path, string name)
    {
        try
        {
            SyncDirectory(Path.GetDirectoryName(path)!, name);
        }
        catch (ObjectStoreException)
        {
            File.Delete(path);
            throw;
        }
    }

    // Who made it may have died before its name was durable; whoever relies on it now must not lose it.
    private PutOutcome Existing(string name, string path)
    {
        MakeDirectories(name);
        SyncDirectory(Path.GetDirectoryName(path)!, name);
        return PutOutcome.AlreadyExists;
    }

    public void Replace(string name, ReadOnlySpan<byte> content)
    {
        string path = PathOf(name);
        string temporary = WriteTemporary(name, content);
        MakeDirectories(name);
        File.Move(temporary, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!, name);
    }

    public byte[] Read(string name, int maxBytes)
    {
        using SafeFileHandle handle = OpenForRead(name);
        long length = RandomAccess.GetLength(handle);
        if (length > maxBytes)
        {
            throw new ObjectStoreException(ObjectStoreError.TooLarge, "get", name, $"{length} bytes, at most {maxBytes} accepted");
        }

        byte[] content = GC.AllocateUninitializedArray<byte>((int)length);
        Fill(handle, name, 0, content);
        return content;
    }

    public void ReadRange(string name, long offset, Span<byte> destination)
    {
        using SafeFileHandle handle = OpenForRead(name);
        Fill(handle, name, offset, destination);
    }

    public ObjectInfo? Examine(string name) => Examine(new FileInfo(PathOf(name)), name);

    /// <summary>Length and time of a file; null when there is none.</summary>
    public static ObjectInfo? Examine(FileInfo file, string name)
    {
        try
        {
            return new ObjectInfo(name, file.Length, file.LastWriteTimeUtc);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public void Delete(string name)
    {
        string path = PathOf(name);
        if (Look(path) is { } attributes && (attributes & FileAttributes.Directory) == 0)
        {
            File.Delete(path);
            SyncDirectory(Path.GetDirectoryName(path)!, name);
        }
    }

    private static void Fill(SafeFileHandle handle, string name, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new ObjectStoreException(
                    ObjectStoreError.Truncated, "get-range", name, $"ends at {offset}, {destination.Length} bytes before the range does");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    private static void SyncDirectory(string path, string name)
    {
        int descriptor = Libc.Open(path, Libc.OpenReadOnlyDirectory, 0);
        if (descriptor < 0)
        {
            throw LocalErrors.FromLastError("sync", name);
        }

        bool synced = Libc.Fsync(descriptor) == 0;
        ObjectStoreException? error = synced ? null : LocalErrors.FromSync(Marshal.GetLastPInvokeError(), "sync", name);
        // A descriptor opened for reading has nothing to lose in close.
        _ = Libc.Close(descriptor);
        if (error is not null)
        {
            throw error;
        }
    }

    private SafeFileHandle OpenForRead(string name)
    {
        string path = PathOf(name);
        return Look(path) is { } attributes && (attributes & FileAttributes.Directory) != 0
            ? throw LocalErrors.NotFound("get", name)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    // FileShare.None makes the runtime lock the file, which tells RemoveLeftovers that it is in use. It is closed before it gets its name:
    // who reads it then would meet the lock.
    private string WriteTemporary(string name, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(_root, TemporaryDirectory, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        try
        {
            File.SetUnixFileMode(handle, OwnerOnly);
            RandomAccess.Write(handle, content, 0);
            SyncContent(handle, name);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectStoreException)
        {
            File.Delete(path);
            throw LocalErrors.From(e, "put", name);
        }
    }

    // Not by the runtime, which does not say when the disk fails.
    private static void SyncContent(SafeFileHandle handle, string name)
    {
        while (Libc.Fsync(handle) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Libc.Interrupted)
            {
                throw LocalErrors.FromSync(error, "put", name);
            }
        }
    }

    private void MakeDirectories(string name)
    {
        string directory = _root;
        string[] components = name.Split('/');
        foreach (string component in components[..^1])
        {
            string parent = directory;
            directory = Path.Combine(parent, component);
            if (!_durable.ContainsKey(directory))
            {
                Directory.CreateDirectory(directory, OwnerOnlyDirectory);
                SyncDirectory(parent, name);
                _durable[directory] = true;
            }
        }
    }

    private string PathOf(string name) => Path.Combine(_root, name);
}
