using System.CommandLine;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Restores the data directory of one etcd that people stop and start themselves. The node's name must be typed, or given with --yes-i-mean.</summary>
internal static class RestoreEtcdDataCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Option<string> source = new("--source") { Description = "Source, when the restore point has several etcds.", HelpName = "SOURCE" };
        Option<string> node = new("--node") { Description = "Node to restore on. Default: the node the snapshot was taken on.", HelpName = "NAME" };
        Option<string> dataDir = new("--data-dir") { Description = "Data directory. Default: the one in the node's static-pod manifest.", HelpName = "DIR" };
        Option<long> bump = new("--bump") { Description = "Added to the snapshot's revision, so that no watcher sees a revision twice. Default: chosen by the agent." };
        Option<long> revision = EtcdRestoreOptions.Revision();
        Option<bool> suspect = EtcdRestoreOptions.AcceptSuspect();
        Option<string> version = new("--target-version") { Description = "etcd version that will run on the data, such as 3.5. Default: found on the node." };
        Option<string> confirmed = new("--yes-i-mean") { Description = "The node's name again, instead of typing it.", HelpName = "NODE" };
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "etcd-data",
            "Restores the data directory of one node's etcd, stopped and started by hand. The old data is kept beside the new.",
            "k8sbackup restore etcd-data latest --node cp-1",
            async (session, parsed, cancellationToken) =>
            {
                string? wanted = parsed.GetValue(node);
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                Snapshot snapshot = Choose(found, parsed.GetValue(source), wanted);
                string target = wanted ?? snapshot.Source.Node;
                Confirm(session.Context, snapshot, target, parsed.GetValue(revision), parsed.GetValue(confirmed));
                StartRestoreRequest request = new()
                {
                    PointId = found.Id,
                    Source = snapshot.Source,
                    Node = target,
                    Etcd = new RestoreEtcdOptions
                    {
                        DataDir = RestoreStart.Target(parsed.GetValue(dataDir)),
                        RevisionBump = parsed.GetValue(bump),
                        Revision = parsed.GetValue(revision),
                        AcceptSuspect = parsed.GetValue(suspect),
                        TargetVersion = parsed.GetValue(version) ?? "",
                    },
                };
                return await RestoreStart.RunAsync(session, request, parsed.GetValue(watch), cancellationToken);
            },
            point,
            source,
            node,
            dataDir,
            bump,
            revision,
            suspect,
            version,
            confirmed,
            watch);
    }

    /// <summary>The source named; else the etcd of the node; else the only etcd there is, which any member can be made from.</summary>
    private static Snapshot Choose(RestorePoint point, string? source, string? node)
    {
        if (source is not null)
        {
            return SourceReference.Parse(source).In(point);
        }

        bool hasOwn = point.Snapshots.Any(s => s.Source?.Kind == SourceKind.Etcd && s.Source.Node == node);
        return new SourceReference("etcd", "", hasOwn ? node! : "").In(point);
    }

    private static void Confirm(CliContext context, Snapshot snapshot, string node, long chosen, string? confirmed)
    {
        if (confirmed is not null && confirmed != node)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"--yes-i-mean says '{confirmed}', but the restore is on '{node}'.");
        }

        if (confirmed is null)
        {
            string revision = snapshot.Etcd is { } etcd ? $" to revision {(chosen > 0 ? chosen : etcd.Revision)} of {Output.Human.Time(snapshot.Interval?.StartedAt)}" : "";
            Ask.ToType(
                context,
                $"This replaces etcd's data on {Printable.Text(node)} with {Printable.Text(Words.Of(snapshot.Source))}{revision}. Type the node's name to go on:",
                node,
                $"Confirm with --yes-i-mean {node}.");
        }
    }
}
