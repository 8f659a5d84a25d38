using System.Globalization;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Room a restore needs beside the old data (etcd.md 5.6).</summary>
public static class DataDirSpace
{
    // The new database, the WAL the server adds at its start, and as much again for the server's first compaction.
    private const double DatabaseFactor = 2.2;
    private const long FixedBytes = 64L << 20;

    /// <summary>Bytes that must be free for a database of this length.</summary>
    public static long RequiredBytes(long databaseBytes) => (long)(databaseBytes * DatabaseFactor) + FixedBytes;

    /// <summary>Bytes an unprivileged writer may still use on the file system of a directory.</summary>
    public static long AvailableBytes(string directory) => new DriveInfo(directory).AvailableFreeSpace;

    /// <summary>Refuses when there is too little.</summary>
    /// <exception cref="DataDirException"><see cref="DataDirFault.NotEnoughSpace"/>, with both numbers.</exception>
    public static void Require(string directory, long databaseBytes, long availableBytes)
    {
        var required = RequiredBytes(databaseBytes);
        if (availableBytes < required)
        {
            throw new DataDirException(
                DataDirFault.NotEnoughSpace,
                string.Create(CultureInfo.InvariantCulture, $"{directory} has {availableBytes} bytes free, {required} are needed"));
        }
    }
}
