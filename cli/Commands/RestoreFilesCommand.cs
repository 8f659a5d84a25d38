using System.CommandLine;
using System.Globalization;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class RestoreFilesCommand
{
    private const string OrWithoutAsking = "Give --dry-run to see what a mirror would change, or --yes to go on without asking.";

    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Option<string[]> path = RestoreStart.PathOption();
        Option<string> node = new("--node") { Description = "Node to restore on. Default: the node of the source.", HelpName = "NAME" };
        Option<string> target = new("--target") { Description = "Directory on the node. Default: where the source was read from; for a volume of a pod, that volume where it is mounted now.", HelpName = "DIR" };
        Option<string> toPod = new("--to-pod") { Description = "Restore into this volume of a running pod.", HelpName = "NAMESPACE/POD:VOLUME" };
        Option<string> toClaim = new("--to-claim") { Description = "Restore into the volume of this claim, through a running pod that mounts it.", HelpName = "NAMESPACE/CLAIM" };
        Option<string> conflicts = RestoreStart.ConflictsOption(canMirror: true);
        Option<bool> privileges = new("--keep-privileges") { Description = "Keep set-id bits and file capabilities also at another target." };
        Option<bool> devices = new("--devices") { Description = "Restore device nodes, too." };
        Option<bool> flags = RestoreStart.FlagsOption();
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would be created, replaced, kept and deleted." };
        Option<bool> yes = new("--yes") { Description = "Mirror without a dry run first and without asking." };
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "files",
            "Restores a volume, or parts of it, on a node.",
            "k8sbackup restore files latest volume/data --path some/dir --target /srv/recovered\nk8sbackup restore files latest volume/data --conflicts mirror --dry-run\n"
            + "k8sbackup restore files latest shop/data --path invoices/17.pdf\nk8sbackup restore files latest shop/data --to-pod shop/web-1:data --dry-run",
            async (session, parsed, cancellationToken) =>
            {
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                StartRestoreRequest request = new()
                {
                    Into = Into(parsed.GetValue(toPod), parsed.GetValue(toClaim), parsed.GetValue(node) ?? parsed.GetValue(target)),
                    Node = parsed.GetValue(node) ?? "",
                    Files = new RestoreFilesOptions
                    {
                        Target = RestoreStart.Target(parsed.GetValue(target)),
                        Conflicts = RestoreStart.Conflicts(parsed.GetValue(conflicts)),
                        KeepPrivileges = parsed.GetValue(privileges),
                        Devices = parsed.GetValue(devices),
                        FileFlags = parsed.GetValue(flags),
                    },
                };
                request.Paths.AddRange((parsed.GetValue(path) ?? []).Select(PathArgument.Parse));
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                request.PointId = found.Id;
                request.Source = reference.In(found).Source;
                bool isMirror = request.Files.Conflicts == ConflictPolicy.Mirror;
                if (parsed.GetValue(dryRun) || (isMirror && !parsed.GetValue(yes)))
                {
                    bool goesOn = await PreviewAsync(session, request, parsed.GetValue(dryRun), cancellationToken);
                    if (!goesOn)
                    {
                        return ExitCodes.Ok;
                    }
                }

                return await RestoreStart.RunAsync(session, request, parsed.GetValue(watch), cancellationToken);
            },
            point,
            source,
            path,
            node,
            target,
            toPod,
            toClaim,
            conflicts,
            privileges,
            devices,
            flags,
            dryRun,
            yes,
            watch);
    }

    private static VolumeName? Into(string? pod, string? claim, string? place) =>
        (pod is null || claim is null) && ((pod ?? claim) is null || place is null)
            ? VolumeArgument.Pod(pod) ?? VolumeArgument.Claim(claim)
            : throw new BackupException(FailureCause.InvalidRequest, "One place to restore into: --to-pod, --to-claim, or a directory (--node, --target).");

    // True when the restore is to go on: nothing is deleted, or the number of what is was typed.
    private static async Task<bool> PreviewAsync(CommandSession session, StartRestoreRequest request, bool isAll, CancellationToken cancellationToken)
    {
        if (!isAll)
        {
            Ask.RefuseWithoutTerminal(session.Context, OrWithoutAsking);
        }

        if (await RestoreStart.PreviewAsync(session, request, cancellationToken) is not { } preview || isAll)
        {
            return false;
        }

        if (preview.Delete > 0)
        {
            string count = preview.Delete.ToString(CultureInfo.InvariantCulture);
            Ask.ToType(
                session.Context,
                $"The mirror deletes {Human.Count(preview.Delete)} objects and replaces {Human.Count(preview.Replace)}. Type {count} to go on:",
                count,
                OrWithoutAsking);
        }

        return true;
    }
}
