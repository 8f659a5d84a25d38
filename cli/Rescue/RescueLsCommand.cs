using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;
using K8sBackup.Transport.Mapping;

namespace K8sBackup.Cli.Rescue;

/// <summary>Lists what a snapshot holds, as it is read; parts that are lost are told on standard error and left out.</summary>
internal static class RescueLsCommand
{
    public static Command Create(CommandHost host)
    {
        RescueOptions options = new();
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Argument<string> path = LsCommand.PathOption();
        Option<bool> recursive = LsCommand.RecursiveOption();
        Option<bool> isLong = LsCommand.LongOption();
        return host.Leaf(
            "ls",
            "Lists files of a snapshot in the store.",
            "k8sbackup rescue ls latest volume/data some/dir -l --store /mnt/backup --recovery-key recovery.key",
            async (session, parsed, cancellationToken) =>
            {
                byte[] directory = PathArgument.Parse(parsed.GetValue(path) ?? "").ToByteArray();
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                using RescueRepository repository = await options.OpenAsync(parsed, session.Context, cancellationToken);
                SnapshotManifest snapshot = await repository.SnapshotAsync(parsed.GetRequiredValue(point), reference, cancellationToken);
                LossNotes losses = new(session.Context);
                TreeReader tree = new(new ChunkReader(repository.Repository), snapshot.Root, losses.PassOver);
                bool detailed = parsed.GetValue(isLong);
                await session.Output.StreamAsync(
                    FileViews.File,
                    TreeListing.ListAsync(tree, directory, parsed.GetValue(recursive), cancellationToken).Select(EntryMapping.ToWire),
                    entry => session.Context.Out.WriteLine(FileViews.Line(entry, detailed)),
                    cancellationToken);
                return losses.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            [point, source, path, recursive, isLong, .. options.All]);
    }
}
