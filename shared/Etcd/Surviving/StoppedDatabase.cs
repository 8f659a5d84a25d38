using System.Security.Cryptography;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Files;

namespace K8sBackup.Etcd.Surviving;

/// <summary>The database of a member that does not run.</summary>
public static class StoppedDatabase
{
    private const int BufferBytes = 1 << 20;

    /// <summary>
    /// Copies the pages in use and puts a digest behind them, as a server does with a snapshot. Holds the locks of a server meanwhile, so
    /// that none starts. The digest proves the copy, and nothing before it.
    /// </summary>
    /// <param name="dataDirectory">The data-dir, parent of <c>member</c>.</param>
    /// <param name="walDirectory">The WAL directory when it is kept apart, else null.</param>
    /// <param name="bytes">Length of the pages in use.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="copied">Told of every stretch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Who holds the data-dir; copied only when it is <see cref="DataDirUse.Free"/>.</returns>
    /// <exception cref="IOException">Reading or writing failed, or the file became shorter.</exception>
    public static DataDirUse Copy(
        string dataDirectory, string? walDirectory, long bytes, Stream target, Action<long> copied, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(copied);
        var member = Path.Combine(dataDirectory, "member");
        using var held = DataDirLock.TryAcquire(member, walDirectory);
        if (held.Use != DataDirUse.Free)
        {
            return held.Use;
        }

        // Not by .NET's own open, whose lock would meet the one held here.
        using var source = PosixFile.OpenRead(Path.Combine(member, "snap", "db"));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        for (long done = 0; done < bytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes - done)), done);
            if (read == 0)
            {
                throw new IOException($"the database ends at byte {done} of {bytes}");
            }

            hash.AppendData(buffer, 0, read);
            target.Write(buffer, 0, read);
            done += read;
            copied(read);
        }

        target.Write(hash.GetHashAndReset());
        target.Flush();
        return DataDirUse.Free;
    }
}
