using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace K8sBackup.Bench.Data;

/// <summary>Every object of a tree: kind, mode, time of modification, size and SHA-256 of the content.</summary>
internal sealed class TreeDigest
{
    private const int DifferencesShown = 5;

    private readonly ConcurrentDictionary<string, Facts> _objects = new(StringComparer.Ordinal);

    private TreeDigest()
    {
    }

    public int Objects => _objects.Count;

    public long FileBytes { get; private set; }

    public static TreeDigest Read(string root, CancellationToken cancellationToken)
    {
        TreeDigest digest = new();
        long bytes = 0;
        Parallel.ForEach(
            new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories),
            new ParallelOptions { CancellationToken = cancellationToken },
            entry =>
            {
                Facts facts = Of(entry);
                Interlocked.Add(ref bytes, facts.Bytes);
                digest._objects[Path.GetRelativePath(root, entry.FullName)] = facts;
            });
        digest.FileBytes = bytes;
        return digest;
    }

    /// <summary>Throws when the other tree is not the same, naming a few differences.</summary>
    public void RequireSame(TreeDigest other, string tool)
    {
        string[] different = [.. _objects.Keys.Union(other._objects.Keys)
            .Where(path => !(_objects.TryGetValue(path, out Facts? here) && other._objects.TryGetValue(path, out Facts? there) && here == there))
            .Order(StringComparer.Ordinal)
            .Take(DifferencesShown)
            .Select(path => $"{path}: {_objects.GetValueOrDefault(path)?.ToString() ?? "not there"} | {other._objects.GetValueOrDefault(path)?.ToString() ?? "not there"}")];
        if (different.Length > 0)
        {
            throw new BenchFailedException($"What {tool} restored differs from the source (source | restored):\n{string.Join('\n', different)}");
        }
    }

    private static Facts Of(FileSystemInfo entry)
    {
        if (entry is not FileInfo file)
        {
            return new Facts("directory", entry.UnixFileMode, entry.LastWriteTimeUtc.Ticks, 0, "");
        }

        using FileStream content = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        return new Facts("file", file.UnixFileMode, file.LastWriteTimeUtc.Ticks, file.Length, Convert.ToHexString(SHA256.HashData(content)));
    }

    private sealed record Facts(string Kind, UnixFileMode Mode, long ModifiedTicks, long Bytes, string Sha256);
}
