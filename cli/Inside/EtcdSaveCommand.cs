using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Downloads;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Inside;

/// <summary>Writes the snapshot of a restore point as the file etcd sent, with the digest at its end, which is checked first.</summary>
internal static class EtcdSaveCommand
{
    public static Command Create(CommandHost host)
    {
        PointOptions options = new();
        Argument<string> point = PointReference.Argument();
        Option<string> file = new("--file", "-o") { Description = "File for the snapshot.", HelpName = "FILE", Required = true };
        Option<bool> force = new("--force") { Description = "Replace the file when it exists." };
        return host.Leaf(
            "save",
            "Writes the etcd snapshot of a restore point as a file, byte for byte as etcd sent it.",
            "k8sbackup etcd save latest -o snapshot.db\nk8sbackup etcd save latest --store /mnt/backup --recovery-key recovery.key -o snapshot.db",
            async (session, parsed, cancellationToken) =>
            {
                string path = parsed.GetRequiredValue(file);
                await using DownloadFile target = DownloadFile.Create(path, parsed.GetValue(force));
                using IPointReader points = await options.OpenAsync(session, parsed, cancellationToken);
                RestorePoint found = await points.FindAsync(parsed.GetRequiredValue(point), cancellationToken);
                await EtcdFetch.SnapshotAsync(points, found, options.SnapshotIn(found, parsed), target.Stream, session.Context, cancellationToken);
                await target.Stream.FlushAsync(cancellationToken);
                SavedSnapshot saved = Check(path, target, cancellationToken);
                await target.CommitAsync(cancellationToken);
                session.Output.One(InsideViews.Saved, saved);
                return ExitCodes.Ok;
            },
            [point, file, force, .. options.All]);
    }

    private static SavedSnapshot Check(string path, DownloadFile target, CancellationToken cancellationToken)
    {
        string sha256 = SnapshotVerifier.VerifyDigest(target.PartialPath, cancellationToken);
        using SnapshotDatabase database = SnapshotDatabase.Open(target.PartialPath);
        return new SavedSnapshot(path, target.Stream.Length, sha256, database.Revision);
    }
}
