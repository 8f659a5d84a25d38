using System.Globalization;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>Reads a built data-dir back with code that did not write it and compares it with what was meant.</summary>
public static class DataDirVerifier
{
    /// <summary>Verifies on a worker thread; see <see cref="Verify"/>.</summary>
    public static Task VerifyAsync(BuiltDataDir expected, CancellationToken cancellationToken) =>
        Task.Run(() => Verify(expected, cancellationToken), cancellationToken);

    /// <summary>Walks the database, recomputes its hash, and decodes WAL and snap.</summary>
    /// <exception cref="DataDirException">Something differs (<see cref="DataDirFault.VerificationFailed"/>) or is damaged.</exception>
    /// <exception cref="Bolt.CorruptDatabaseException">The database does not read back.</exception>
    public static void Verify(BuiltDataDir expected, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(expected);
        VerifyDatabase(expected, cancellationToken);
        VerifyWal(expected);
        VerifySnap(expected);
    }

    private static void VerifyDatabase(BuiltDataDir expected, CancellationToken cancellationToken)
    {
        var facts = SnapshotVerifier.Verify(Path.Combine(expected.MemberDirectory, "snap", "db"), DigestRule.Absent, cancellationToken);
        Require("database length", expected.DatabaseBytes, facts.FileBytes);
        Require("revision", expected.RevisionAfter, facts.Revision);
        Require("compact revision", expected.CompactRevision, facts.CompactRevision);
        Require("live keys", expected.LiveKeys, facts.LiveKeys);
        Require("key space hash", expected.KeySpaceHash, facts.KeySpaceHash);
        Require("consistent index", (ulong)expected.MemberIds.Count, facts.ConsistentIndex ?? 0);
        Require("alarms", 0, facts.Alarms.Count);
        Require("members", Ids(expected.MemberIds), Ids(facts.Members.Select(member => member.Id).Order()));
    }

    private static void VerifyWal(BuiltDataDir expected)
    {
        var wal = WalContents.Read(Path.Combine(expected.WalDirectory, WalFileWriter.FileName));
        var count = (ulong)expected.MemberIds.Count;
        Require("WAL member id", expected.MemberId, wal.MemberId);
        Require("WAL cluster id", expected.ClusterId, wal.ClusterId);
        Require("WAL members", Ids(expected.MemberIds), Ids(wal.AddedMembers));
        Require("WAL last index", count, wal.LastIndex);
        Require("WAL commit", count, wal.Commit);
        Require("WAL term", RaftMessages.Term, wal.Term);
        Require("WAL snapshot index", count, wal.SnapshotIndex);
    }

    private static void VerifySnap(BuiltDataDir expected)
    {
        var count = expected.MemberIds.Count;
        var snap = SnapContents.Read(Path.Combine(expected.MemberDirectory, "snap", SnapFileWriter.FileName(count)));
        Require("snap index", (ulong)count, snap.Index);
        Require("snap term", RaftMessages.Term, snap.Term);
        Require("snap voters", Ids(expected.MemberIds), Ids(snap.Voters));
        Require("snap members", Ids(expected.MemberIds), Ids(snap.StoreMembers.Keys.Order()));
    }

    private static string Ids(IEnumerable<ulong> ids) =>
        string.Join(' ', ids.Select(id => id.ToString("x", CultureInfo.InvariantCulture)));

    private static void Require<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new DataDirException(DataDirFault.VerificationFailed, $"{what} reads back as {actual} instead of {expected}");
        }
    }
}
