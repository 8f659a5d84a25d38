using System.CommandLine;
using K8sBackup.Cli.Commands;

namespace K8sBackup.Cli.Inside;

/// <summary>Writes objects of a snapshot as files: one, a namespace, or everything.</summary>
internal static class EtcdExportCommand
{
    public static Command Create(CommandHost host)
    {
        InsideOptions options = new();
        FilterOptions filters = new();
        Argument<string> snapshot = InsideOptions.Snapshot();
        Option<string> target = new("--to") { Description = "Directory for the files; made when it is missing, and empty.", HelpName = "DIR", Required = true };
        return host.Leaf(
            "export",
            "Writes objects of an etcd snapshot as files: YAML, and the stored bytes of what is not wholly understood.",
            "k8sbackup etcd export latest -n shop --to shop\n"
            + "k8sbackup etcd export ./snapshot.db --kind Secret -n shop --name db --show-secrets --to db",
            async (session, parsed, cancellationToken) =>
            {
                ObjectFilter filter = filters.Filter(parsed);
                using InsideSnapshot inside = await options.OpenAsync(session, parsed, parsed.GetRequiredValue(snapshot), cancellationToken);
                var space = options.At(inside, parsed);
                ObjectExport export = ObjectExport.Into(
                    parsed.GetRequiredValue(target), parsed.GetValue(options.Revision) ?? inside.Database.Revision, inside.ShowsSecrets);
                await foreach (FoundObject found in ObjectList.ReadAsync(space, filters.Range(parsed), inside.Decoder, filter, cancellationToken))
                {
                    await export.AddAsync(found, cancellationToken);
                }

                session.Output.One(InsideViews.Export, export.Summary);
                return inside.ExitCode;
            },
            [snapshot, target, .. filters.All, .. options.All]);
    }
}
