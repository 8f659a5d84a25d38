using System.CommandLine;
using K8sBackup.Cli.Downloads;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Tar;
using K8sBackup.Cli.Terminal;
using K8sBackup.Cli.Watching;
using K8sBackup.Cli.Zip;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Downloads files of a snapshot as a tar or zip archive, or one file as it is. An incomplete download leaves no file and fails.</summary>
internal static class DownloadCommand
{
    internal static readonly View<SkippedEntry> SkippedView = new View<SkippedEntry>()
        .Text("path", "Path", s => s.Path)
        .Text("reason", "Reason", s => s.Reason);

    internal static readonly View<DownloadSummary> SummaryView = new View<DownloadSummary>()
        .Text("file", "File", s => s.File)
        .Number("entries", "Entries", s => s.Entries)
        .Bytes("bytes", "Bytes", s => s.Bytes)
        .Number("failed", "Failed", s => s.Failed)
        .Number("skippedCount", "Not as captured", s => s.SkippedCount)
        .Table("skipped", "Not as they were", SkippedView, s => s.Skipped);

    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Argument<string[]> paths = new("PATH")
        {
            Description = "Paths to take, with all below them. Default: everything.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string> file = new("--file", "-o") { Description = "Where it goes, or '-' for standard output.", HelpName = "FILE|-", Required = true };
        Option<string> format = new Option<string>("--format") { Description = "An archive, or the content of one file. Default: by the end of FILE, .tar or .zip; another FILE is a file, '-' a tar archive." }
            .AcceptOnlyFromAmong(DownloadForms.Names);
        Option<bool> force = new("--force") { Description = "Replace the file when it exists." };
        return host.Leaf(
            "download",
            "Downloads files of a snapshot as a tar or zip archive, or one file as it is.",
            "k8sbackup download latest volume/data some/dir -o files.tar\nk8sbackup download latest volume/data some/dir -o files.zip\nk8sbackup download latest volume/data some/dir/file.db -o file.db\nk8sbackup download latest volume/data -o - | tar -tv",
            async (session, parsed, cancellationToken) =>
            {
                string target = parsed.GetRequiredValue(file);
                if (target == "-" && (session.Context.OutIsTerminal || session.Output.IsDocument))
                {
                    throw new BackupException(
                        FailureCause.InvalidRequest,
                        "A download does not go to a terminal or beside a document; name a file, or send standard output on without --output.");
                }

                DownloadFilesRequest request = new();
                request.Paths.AddRange((parsed.GetValue(paths) ?? []).Select(PathArgument.Parse).Where(p => !p.IsEmpty));
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                request.PointId = found.Id;
                request.Source = reference.In(found).Source;
                DownloadForm form = DownloadForms.Of(parsed.GetValue(format), target);
                DownloadSummary summary = target == "-"
                    ? await ToStandardOutputAsync(session, request, form, cancellationToken)
                    : await ToFileAsync(session, request, target, form, parsed.GetValue(force), cancellationToken);
                return Report(session, summary);
            },
            point,
            source,
            paths,
            file,
            format,
            force);
    }

    private static async Task<DownloadSummary> ToStandardOutputAsync(
        CommandSession session, DownloadFilesRequest request, DownloadForm form, CancellationToken cancellationToken)
    {
        await using Stream output = new BufferedStream(session.Context.OpenBinaryOut(), 256 * 1024);
        return await CopyAsync(session, request, output, form, "-", cancellationToken);
    }

    private static async Task<DownloadSummary> ToFileAsync(
        CommandSession session,
        DownloadFilesRequest request,
        string path,
        DownloadForm form,
        bool replaces,
        CancellationToken cancellationToken)
    {
        await using DownloadFile file = DownloadFile.Create(path, replaces);
        DownloadSummary summary = await CopyAsync(session, request, file.Stream, form, path, cancellationToken);
        await file.CommitAsync(cancellationToken);
        return summary;
    }

    private static async Task<DownloadSummary> CopyAsync(
        CommandSession session,
        DownloadFilesRequest request,
        Stream output,
        DownloadForm form,
        string name,
        CancellationToken cancellationToken)
    {
        await using IArchiveWriter writer = form switch
        {
            DownloadForm.Zip => new ZipWriter(output),
            DownloadForm.File => new PlainWriter(output),
            _ => new TarWriter(output),
        };
        ArchiveDownload archive = new(writer);
        TransferLine line = new(session.Context, "download");
        try
        {
            return await archive.RunAsync(
                CommandSession.StreamAsync(session.Client.DownloadFiles(request, session.LongCall(cancellationToken)), cancellationToken),
                name,
                () => line.Update(archive.Position.Entries, archive.Position.Bytes),
                cancellationToken);
        }
        finally
        {
            line.Clear();
        }
    }

    private static int Report(CommandSession session, DownloadSummary summary)
    {
        if (summary.File == "-")
        {
            foreach (SkippedEntry skipped in summary.Skipped)
            {
                session.Context.Error.WriteLine($"warning: {skipped.Path}: {Printable.Text(skipped.Reason)}");
            }
        }
        else
        {
            session.Output.One(SummaryView, summary);
        }

        return summary.Failed == 0 ? ExitCodes.Ok : ExitCodes.PartiallyFailed;
    }
}
