using System.Security.Cryptography;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Drills;

/// <summary>Reads restored files from the disk again and compares every byte with what the repository had, holes included.</summary>
internal static class ReadBack
{
    private const int BufferBytes = 1 << 20;

    /// <summary>The first difference in words; null when there is none.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public static string? Compare(SafeFileHandle root, IReadOnlyList<RestoredFile> files, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        foreach (RestoredFile file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Compare(root, file, buffer) is { } difference)
            {
                return $"{TreePath.Display(file.Path)}: {difference}";
            }
        }

        return null;
    }

    private static string? Compare(SafeFileHandle root, RestoredFile file, byte[] buffer)
    {
        int slash = file.Path.AsSpan().LastIndexOf((byte)'/');
        try
        {
            using SafeFileHandle directory = DirectoryHandles.OpenBeneath(root, file.Path.AsSpan(0, Math.Max(slash, 0)));
            using SafeFileHandle handle = DirectoryHandles.OpenFile(directory, file.Path.AsSpan(slash + 1));
            long length = RandomAccess.GetLength(handle);
            return length == file.Size ? CompareContent(handle, file, buffer) : $"it has {length} bytes instead of {file.Size}";
        }
        catch (LinuxException e)
        {
            return $"it is not there: {e.Message}";
        }
    }

    private static string? CompareContent(SafeFileHandle handle, RestoredFile file, byte[] buffer)
    {
        long position = 0;
        foreach (RestoredPiece piece in file.Pieces)
        {
            if (!IsHole(handle, position, piece.Offset, buffer))
            {
                return $"bytes {position} to {piece.Offset} are not zeros";
            }

            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            position = piece.Offset + piece.Length;
            for (long at = piece.Offset; at < position;)
            {
                int read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, position - at)), at);
                if (read == 0)
                {
                    return $"it ends at byte {at}";
                }

                hash.AppendData(buffer.AsSpan(0, read));
                at += read;
            }

            if (!hash.GetHashAndReset().AsSpan().SequenceEqual(piece.Sha256))
            {
                return $"bytes {piece.Offset} to {position} are not those of the repository";
            }
        }

        return IsHole(handle, position, file.Size, buffer) ? null : $"bytes {position} to {file.Size} are not zeros";
    }

    private static bool IsHole(SafeFileHandle handle, long from, long to, byte[] buffer)
    {
        while (from < to)
        {
            int read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - from)), from);
            if (read == 0 || buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            from += read;
        }

        return true;
    }
}
