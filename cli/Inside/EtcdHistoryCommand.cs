using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Etcd.Browsing;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Inside;

/// <summary>Shows what happened to one object, as far back as the snapshot goes.</summary>
internal static class EtcdHistoryCommand
{
    // Kubernetes keeps minutes of history; a key of another program may have any number of changes.
    private const int ChangesMax = 100_000;

    public static Command Create(CommandHost host)
    {
        InsideOptions options = new();
        Argument<string> snapshot = InsideOptions.Snapshot();
        Argument<string> wanted = ObjectReference.Argument();
        Option<string?> space = ObjectReference.NamespaceOption();
        return host.Leaf(
            "history",
            "Shows every change of one object that an etcd snapshot still has, deletions included.",
            "k8sbackup etcd history latest deployments/shop/web",
            async (session, parsed, cancellationToken) =>
            {
                ObjectReference reference = ObjectReference.Parse(parsed.GetRequiredValue(wanted), parsed.GetValue(space));
                using InsideSnapshot inside = await options.OpenAsync(session, parsed, parsed.GetRequiredValue(snapshot), cancellationToken);
                KeyRange key = reference.FindKey(inside.Database, inside.Decoder, cancellationToken);
                List<ObjectChange> changes = Read(inside, key, parsed.GetValue(options.Revision), cancellationToken);
                if (changes.Count == 0)
                {
                    throw new BackupException(FailureCause.NotFound, $"The snapshot has no '{reference.Text}', at no revision.");
                }

                session.Output.List(InsideViews.Change, changes, "");
                return inside.ExitCode;
            },
            [snapshot, wanted, space, .. options.All]);
    }

    private static List<ObjectChange> Read(InsideSnapshot inside, KeyRange key, long? revision, CancellationToken cancellationToken)
    {
        List<ObjectChange> changes = [];
        FoundObject? former = null;
        foreach (KeyChange change in inside.Database.History(key, cancellationToken))
        {
            if (change.Revision.Main > (revision ?? long.MaxValue))
            {
                break;
            }

            FoundObject? found = change.Record is { } record ? FoundObject.Read(record, inside.Decoder) : null;
            changes.Add(ObjectChange.Of(change, found, former?.Object));
            former = found;
            if (changes.Count > ChangesMax)
            {
                throw new BackupException(FailureCause.InvalidRequest, $"The object changed more than {ChangesMax} times; say with --revision up to where.");
            }
        }

        return changes;
    }
}
