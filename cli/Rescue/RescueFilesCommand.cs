using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Watching;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using ConflictPolicy = K8sBackup.FileTree.Restoring.ConflictPolicy;

namespace K8sBackup.Cli.Rescue;

/// <summary>Restores files of any source to a directory of this machine: a volume, control-plane files, an etcd snapshot as a file.</summary>
internal static class RescueFilesCommand
{
    public static Command Create(CommandHost host)
    {
        RescueOptions options = new();
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Option<string> target = new("--target")
        {
            Description = "Directory of this machine to restore into; made when it is missing. For control-plane files '/' puts every file to its place.",
            HelpName = "DIR",
            Required = true,
        };
        Option<string[]> path = RestoreStart.PathOption();
        Option<string> conflicts = RestoreStart.ConflictsOption();
        Option<bool> privileges = new("--keep-privileges") { Description = "Keep set-id bits and file capabilities." };
        Option<bool> devices = new("--devices") { Description = "Restore device nodes, too." };
        Option<bool> flags = RestoreStart.FlagsOption();
        return host.Leaf(
            "files",
            "Restores files from the store to this machine.",
            "k8sbackup rescue files latest volume/data --target /srv/recovered --store /mnt/backup --recovery-key recovery.key\n"
            + "k8sbackup rescue files latest control-plane@cp-1 --target / --conflicts rename --store /mnt/backup --passphrase-file safe.txt",
            async (session, parsed, cancellationToken) =>
            {
                string directory = Path.GetFullPath(parsed.GetRequiredValue(target));
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                byte[][] paths = [.. (parsed.GetValue(path) ?? []).Select(p => PathArgument.Parse(p).ToByteArray())];
                RestoreOptions restore = new()
                {
                    Id = "rescue-" + SortableId.Create(session.Context.Clock),
                    Conflicts = parsed.GetValue(conflicts) switch
                    {
                        "overwrite" => ConflictPolicy.Overwrite,
                        "rename" => ConflictPolicy.Rename,
                        _ => ConflictPolicy.Skip,
                    },
                    KeepPrivileges = parsed.GetValue(privileges),
                    CreateDevices = parsed.GetValue(devices),
                    SetFlags = parsed.GetValue(flags),
                    RootMetadata = directory != "/",
                };
                using RescueRepository repository = await options.OpenAsync(parsed, session.Context, cancellationToken);
                SnapshotManifest snapshot = await repository.SnapshotAsync(parsed.GetRequiredValue(point), reference, cancellationToken);
                RestoreReport report = await RestoreAsync(session, repository, snapshot, paths, directory, restore, cancellationToken);
                session.Output.One(RestoreViews.Report, report);
                return report.Failed == 0 ? ExitCodes.Ok : ExitCodes.PartiallyFailed;
            },
            [point, source, target, path, conflicts, privileges, devices, flags, .. options.All]);
    }

    private static async Task<RestoreReport> RestoreAsync(
        CommandSession session,
        RescueRepository repository,
        SnapshotManifest snapshot,
        byte[][] paths,
        string directory,
        RestoreOptions restore,
        CancellationToken cancellationToken)
    {
        // A volume onto the machine's root would be a mistake nobody can take back.
        if (directory == "/" && snapshot.Source.Kind != Model.Ids.SourceKind.ControlPlaneFiles)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"Only control-plane files have their place below /; name another directory for {snapshot.Source}.");
        }

        TransferLine line = new(session.Context, "restore");
        try
        {
            return await new FileRescue(directory, restore, line.Update).RunAsync(
                repository.ContentsAsync(snapshot, paths, cancellationToken), cancellationToken);
        }
        finally
        {
            line.Clear();
        }
    }
}
