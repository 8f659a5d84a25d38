using System.CommandLine;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Lists what a snapshot holds. The list is printed as it comes, so its length does not matter.</summary>
internal static class LsCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        Argument<string> source = SourceReference.Argument();
        source.Arity = ArgumentArity.ZeroOrOne;
        source.Description += " Without one, the sources there are. With --claim or --pod this is the PATH.";
        Argument<string> path = PathOption();
        VolumeFilter volumes = new();
        Option<bool> recursive = RecursiveOption();
        Option<bool> isLong = LongOption();
        return host.Leaf(
            "ls",
            "Lists files of a snapshot, or the sources of a restore point.",
            "k8sbackup ls latest volume/data some/dir -l\nk8sbackup ls latest shop/data some/dir\nk8sbackup ls latest --namespace shop\nk8sbackup ls latest --namespace shop --pod web-0 some/dir",
            async (session, parsed, cancellationToken) =>
            {
                Wanted wanted = Parse(parsed, source, path, volumes);
                RestorePoint found = await PointReference.GetUsableAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                Snapshot[] candidates = wanted.IsFiltered ? volumes.Matching(found, parsed) : [.. found.Snapshots];
                if (wanted.IsOfSources)
                {
                    session.Output.List(SourceViews.Source, candidates, "Nothing.");
                    return candidates.Length > 0 ? ExitCodes.Ok : ExitCodes.NotFound;
                }

                ListFilesRequest request = new()
                {
                    PointId = found.Id,
                    Source = (wanted.Source?.In(found) ?? Only(found, candidates)).Source,
                    Path = wanted.Path,
                    Recursive = parsed.GetValue(recursive),
                };
                await ListAsync(session, request, parsed.GetValue(isLong), cancellationToken);
                return ExitCodes.Ok;
            },
            [point, source, path, .. volumes.All, recursive, isLong]);
    }

    public static Argument<string> PathOption() => new("PATH")
    {
        Description = "Directory, from the root of the source; \\xNN for bytes that cannot be typed.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<bool> RecursiveOption() => new("--recursive", "-R") { Description = "Everything below, too." };

    public static Option<bool> LongOption() => new("--long", "-l") { Description = "Modes, owners, sizes and times, too." };

    private static Wanted Parse(ParseResult parsed, Argument<string> source, Argument<string> path, VolumeFilter volumes)
    {
        string? first = parsed.GetValue(source);
        string? second = parsed.GetValue(path);
        (string ns, string claim, string pod) = volumes.Of(parsed);
        bool isFiltered = ns.Length + claim.Length + pod.Length > 0;
        bool isOfSources = first is null && claim.Length + pod.Length == 0;
        return !isFiltered ? new Wanted(first is null ? null : SourceReference.Parse(first), PathArgument.Parse(second ?? ""), isFiltered, isOfSources)
            : second is null ? new Wanted(null, PathArgument.Parse(first ?? ""), isFiltered, isOfSources)
            : throw new BackupException(FailureCause.InvalidRequest, "Either SOURCE or --namespace, --claim and --pod say what is listed, not both.");
    }

    private static Task ListAsync(CommandSession session, ListFilesRequest request, bool isLong, CancellationToken cancellationToken)
    {
        AsyncServerStreamingCall<FileEntry> call = session.Client.ListFiles(request, session.LongCall(cancellationToken));
        return session.Output.StreamAsync(
            FileViews.File,
            CommandSession.StreamAsync(call, cancellationToken).Select(f => f.Entry ?? new Entry()),
            entry => session.Context.Out.WriteLine(FileViews.Line(entry, isLong)),
            cancellationToken);
    }

    private static Snapshot Only(RestorePoint point, Snapshot[] candidates) => candidates switch
    {
        [{ Damage.Length: > 0 } damaged] => throw new BackupException(FailureCause.StoreCorrupt, $"The snapshot of {Words.Of(damaged.Source)} cannot be used: {damaged.Damage}"),
        [var only] => only,
        [] => throw new BackupException(FailureCause.NotFound, $"Restore point {point.Id} has no such volume. It has: {SourceReference.Names(point.Snapshots.Where(s => s.PodVolume is not null))}."),
        _ => throw new BackupException(FailureCause.InvalidRequest, $"Several volumes fit; say which: {SourceReference.Names(candidates)}."),
    };

    /// <param name="Source">The source; null when options choose it.</param>
    /// <param name="Path">Directory in it.</param>
    /// <param name="IsFiltered">True when options choose.</param>
    /// <param name="IsOfSources">True when the sources are the list.</param>
    private sealed record Wanted(SourceReference? Source, ByteString Path, bool IsFiltered, bool IsOfSources);
}
