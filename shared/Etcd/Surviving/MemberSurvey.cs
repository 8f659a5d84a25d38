using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Surviving;

/// <summary>
/// Looks at a member's disk, and changes nothing there: (1) whether a server holds it, (2) its log, record by record, (3) its database,
/// every page and every entry, when no server changes it meanwhile. The locks of a server are held while (3) goes on, so that none starts.
/// </summary>
public static class MemberSurvey
{
    /// <summary>Looks on a worker thread; see <see cref="Read"/>.</summary>
    public static Task<MemberDisk> ReadAsync(string dataDirectory, string? walDirectory, CancellationToken cancellationToken) =>
        Task.Run(() => Read(dataDirectory, walDirectory, cancellationToken), cancellationToken);

    /// <summary>Looks.</summary>
    /// <exception cref="IOException">A file is there and cannot be opened.</exception>
    public static MemberDisk Read(string dataDirectory, string? walDirectory, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDirectory);
        var member = Path.Combine(dataDirectory, "member");
        var database = Path.Combine(member, "snap", "db");
        using var held = DataDirLock.TryAcquire(member, walDirectory);
        var disk = new MemberDisk
        {
            DataDirectory = dataDirectory,
            Use = held.Use,
            Owner = FileOwners.Read(member),
            DatabaseBytes = File.Exists(database) ? new FileInfo(database).Length : 0,
        };
        if (held.Use == DataDirUse.NoMember)
        {
            return disk with { DatabaseProblem = "there is no member" };
        }

        disk = disk with { Wal = WalSurvey.Read(walDirectory ?? Path.Combine(member, "wal"), cancellationToken) };
        if (held.Use != DataDirUse.Free)
        {
            return disk with { DatabaseProblem = "a running etcd holds it; stop it to have its database looked at" };
        }

        try
        {
            return disk with { Database = SnapshotVerifier.Verify(database, DigestRule.Absent, cancellationToken) };
        }
        catch (Exception e) when (e is CorruptDatabaseException or SnapshotInvalidException or FileNotFoundException)
        {
            return disk with { DatabaseProblem = e.Message };
        }
    }
}
