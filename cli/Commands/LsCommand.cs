using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Lists what a snapshot holds. The list is printed as it comes, so its length does not matter.</summary>
internal static class LsCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        Argument<string> path = PathOption();
        Option<bool> recursive = RecursiveOption();
        Option<bool> isLong = LongOption();
        return host.Leaf(
            "ls",
            "Lists files of a snapshot.",
            "k8sbackup ls latest volume/data some/dir -l",
            async (session, parsed, cancellationToken) =>
            {
                ByteString directory = PathArgument.Parse(parsed.GetValue(path) ?? "");
                SourceReference reference = SourceReference.Parse(parsed.GetRequiredValue(source));
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                ListFilesRequest request = new()
                {
                    PointId = found.Id,
                    Source = reference.In(found).Source,
                    Path = directory,
                    Recursive = parsed.GetValue(recursive),
                };
                AsyncServerStreamingCall<FileEntry> call = session.Client.ListFiles(request, session.LongCall(cancellationToken));
                IAsyncEnumerable<Entry> entries = CommandSession.StreamAsync(call, cancellationToken).Select(f => f.Entry ?? new Entry());
                bool detailed = parsed.GetValue(isLong);
                await session.Output.StreamAsync(
                    FileViews.File,
                    entries,
                    entry => session.Context.Out.WriteLine(FileViews.Line(entry, detailed)),
                    cancellationToken);
                return ExitCodes.Ok;
            },
            point,
            source,
            path,
            recursive,
            isLong);
    }

    public static Argument<string> PathOption() => new("PATH")
    {
        Description = "Directory, from the root of the source; \\xNN for bytes that cannot be typed.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<bool> RecursiveOption() => new("--recursive", "-R") { Description = "Everything below, too." };

    public static Option<bool> LongOption() => new("--long", "-l") { Description = "Modes, owners, sizes and times, too." };
}
