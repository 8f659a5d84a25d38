using System.CommandLine;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreControlPlaneCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Option<string> source = new("--source") { Description = "Source, when it is another node's.", HelpName = "SOURCE" };
        Option<string> node = new("--node") { Description = "Node to restore on. Default: the node the files are from.", HelpName = "NAME" };
        Option<string> target = new("--target") { Description = "Directory on the node. Default: every file to its place.", HelpName = "DIR" };
        Option<string[]> path = RestoreStart.PathOption();
        Option<string> conflicts = RestoreStart.ConflictsOption();
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "control-plane",
            "Restores control-plane files (PKI, manifests, kubeadm and kubelet configuration) on a node.",
            "k8sbackup restore control-plane latest --node cp-1 --target /srv/recovered",
            async (session, parsed, cancellationToken) =>
            {
                string wanted = parsed.GetValue(node) ?? "";
                SourceReference reference = parsed.GetValue(source) is { } text
                    ? SourceReference.Parse(text)
                    : new SourceReference("control-plane", "", wanted);
                StartRestoreRequest request = new()
                {
                    Node = wanted,
                    Files = new RestoreFilesOptions
                    {
                        Target = RestoreStart.Target(parsed.GetValue(target)),
                        Conflicts = RestoreStart.Conflicts(parsed.GetValue(conflicts)),
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
            node,
            target,
            path,
            conflicts,
            watch);
    }
}
