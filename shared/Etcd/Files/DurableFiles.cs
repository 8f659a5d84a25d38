namespace K8sBackup.Etcd.Files;

/// <summary>Small changes of the file system that are on disk when the call returns.</summary>
public static class DurableFiles
{
    /// <summary>Creates a directory, mode 0700, below an existing one; one that exists is left as it is.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void CreateDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PosixFile.CreateDirectory(path);
        PosixFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Replaces a file, mode 0600: a crash leaves the former content or the new one.</summary>
    /// <exception cref="IOException">It cannot be written; the former content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        using (var handle = PosixFile.CreateNew(temporary))
        {
            RandomAccess.Write(handle, content, 0);
            PosixFile.Sync(handle);
        }

        PosixFile.Rename(temporary, path);
        PosixFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Renames within one file system; a file in the way is never replaced.</summary>
    /// <exception cref="IOException">It cannot be renamed, or something is in the way.</exception>
    public static void Move(string from, string to)
    {
        if (Path.Exists(to))
        {
            throw new IOException($"{to} exists already.");
        }

        PosixFile.Rename(from, to);
        PosixFile.SyncDirectory(Path.GetDirectoryName(to)!);
        PosixFile.SyncDirectory(Path.GetDirectoryName(from)!);
    }
}
