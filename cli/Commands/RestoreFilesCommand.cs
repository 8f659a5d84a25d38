using System.CommandLine;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreFilesCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Option<string[]> path = RestoreStart.PathOption();
        Option<string> node = new("--node") { Description = "Node to restore on. Default: the node of the source.", HelpName = "NAME" };
        Option<string> target = new("--target") { Description = "Directory on the node. Default: where the source was read from.", HelpName = "DIR" };
        Option<string> conflicts = RestoreStart.ConflictsOption();
        Option<bool> privileges = new("--keep-privileges") { Description = "Keep set-id bits and file capabilities also at another target." };
        Option<bool> devices = new("--devices") { Description = "Restore device nodes, too." };
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "files",
            "Restores a volume, or parts of it, on a node.",
            "k8sbackup restore files latest volume/data --path some/dir --target /srv/recovered",
            async (session, parsed, cancellationToken) =>
            {
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                StartRestoreRequest request = new()
                {
                    Node = parsed.GetValue(node) ?? "",
                    Files = new RestoreFilesOptions
                    {
                        Target = RestoreStart.Target(parsed.GetValue(target)),
                        Conflicts = RestoreStart.Conflicts(parsed.GetValue(conflicts)),
                        KeepPrivileges = parsed.GetValue(privileges),
                        Devices = parsed.GetValue(devices),
                    },
                };
                request.Paths.AddRange((parsed.GetValue(path) ?? []).Select(PathArgument.Parse));
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                request.PointId = found.Id;
                request.Source = reference.In(found).Source;
                return await RestoreStart.RunAsync(session, request, parsed.GetValue(watch), cancellationToken);
            },
            point,
            source,
            path,
            node,
            target,
            conflicts,
            privileges,
            devices,
            watch);
    }
}
