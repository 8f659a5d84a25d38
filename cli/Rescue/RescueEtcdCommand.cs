using System.CommandLine;
using System.Globalization;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Etcd.Restoring;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Rescue;

/// <summary>Makes etcd's data directory on this machine from a snapshot in the store. Data that is there must be named to be replaced.</summary>
internal static class RescueEtcdCommand
{
    public static Command Create(CommandHost host)
    {
        RescueOptions options = new();
        RescuedMember member = new();
        Argument<string> point = PointReference.Argument();
        Option<string> source = new("--source") { Description = "Source, when the restore point has several etcds.", HelpName = "SOURCE", DefaultValueFactory = _ => "etcd" };
        Option<bool> suspect = EtcdRestoreOptions.AcceptSuspect();
        Option<string?> confirmed = new("--yes-i-mean") { Description = "The data directory again, instead of typing it; needed when it holds a member.", HelpName = "DIR" };
        return host.Leaf(
            "etcd",
            "Makes etcd's data directory on this machine from the store. Data that is there is kept beside the new.",
            "k8sbackup rescue etcd latest --store /mnt/backup --recovery-key recovery.key\n"
            + "k8sbackup rescue etcd latest --data-dir /var/lib/etcd --member-name cp-1 --peer-url https://10.0.0.1:2380 --store /mnt/backup --passphrase-file safe.txt",
            async (session, parsed, cancellationToken) =>
            {
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                MemberRestorePlan plan = member.Plan(parsed, session.Context.Clock);
                using RescueRepository repository = await options.OpenAsync(parsed, session.Context, cancellationToken);
                SnapshotManifest snapshot = await repository.SnapshotAsync(parsed.GetRequiredValue(point), reference, cancellationToken);
                if (snapshot.Etcd is not { } etcd)
                {
                    throw new BackupException(FailureCause.InvalidRequest, $"{snapshot.Source} is no etcd.");
                }

                EtcdRestoreOptions.RefuseSuspect(etcd, parsed.GetValue(suspect));
                Confirm(session.Context, plan, etcd, snapshot.StartedAt, parsed.GetValue(confirmed));
                MemberRestoreResult? result = await new MemberRestore(
                    plan, new EtcdRescue(session.Context, token => repository.ContentsAsync(snapshot, [], token))).RunAsync(cancellationToken);
                session.Output.One(RestoreViews.Report, Report(plan, etcd, result));
                return ExitCodes.Ok;
            },
            [point, source, suspect, confirmed, .. member.All, .. options.All]);
    }

    private static void Confirm(CliContext context, MemberRestorePlan plan, Model.Manifests.EtcdEvidence etcd, DateTimeOffset taken, string? confirmed)
    {
        string directory = plan.Target.DataDirectory;
        if (confirmed is not null && Path.GetFullPath(confirmed) != directory)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"--yes-i-mean says '{confirmed}', but the restore is in {directory}.");
        }

        if (confirmed is null && Directory.Exists(plan.Target.MemberDirectory))
        {
            Ask.ToType(
                context,
                $"This replaces the etcd data in {Printable.Text(directory)} with revision {etcd.Revision} of {taken.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}. Type the directory to go on:",
                directory,
                $"Confirm with --yes-i-mean {directory}.");
        }
    }

    private static RestoreReport Report(MemberRestorePlan plan, Model.Manifests.EtcdEvidence etcd, MemberRestoreResult? result)
    {
        if (result is null)
        {
            return new RestoreReport
            {
                Notes = { "An earlier rescue of this directory was finished; nothing else was done. Run the command again for another restore point." },
                Etcd = new EtcdRestoreReport { DataDir = plan.NodeDataDirectory },
            };
        }

        return new RestoreReport
        {
            EntriesRestored = 1,
            BytesRestored = etcd.DatabaseBytes,
            Notes = { result.Notes },
            Etcd = new EtcdRestoreReport
            {
                DataDir = plan.NodeDataDirectory,
                FormerData = result.FormerData ?? "",
                ClusterId = result.Built.ClusterId.ToString("x", CultureInfo.InvariantCulture),
                MemberId = result.Built.MemberId.ToString("x", CultureInfo.InvariantCulture),
                SnapshotRevision = result.Built.RevisionBefore,
                RestoredRevision = result.Built.RevisionAfter,
                Keys = result.Keys,
            },
        };
    }
}
