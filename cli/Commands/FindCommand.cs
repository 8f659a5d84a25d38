using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Grpc.Core;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Searches restore points for paths. Hits are printed as they come.</summary>
internal static class FindCommand
{
    internal static readonly View<FoundFile> Found = new View<FoundFile>()
        .Text("pointId", "Restore point", f => f.PointId)
        .Time("pointFinishedAt", "Of", f => f.PointFinishedAt)
        .Text("source", "Source", f => Words.Of(f.Source))
        .Object("file", "File", FileViews.File, f => f.Entry);

    public static Command Create(CommandHost host)
    {
        Argument<string> pattern = new("PATTERN")
        {
            Description = "A name ('*.pdf', at every depth), or a path from the root of a source ('some/dir/*.pdf'): one line as in a plan's exclude.",
        };
        Option<string> point = new("--point") { Description = "Restore point to search. Default: latest.", HelpName = "POINT" };
        Option<bool> all = new("--all-points") { Description = "Search every restore point: every version of what is found, with the newest restore point that has it." };
        Option<string> plan = new("--plan") { Description = "Only restore points of this plan.", HelpName = "PLAN" };
        Option<string> source = new("--source") { Description = "Only sources with this in their name, claim or pod.", HelpName = "TEXT" };
        VolumeFilter volumes = new();
        Option<int?> limit = new("--limit") { Description = "Stop after so many hits. Default: 10,000.", HelpName = "COUNT" };
        Option<bool> isLong = LsCommand.LongOption();
        return host.Leaf(
            "find",
            "Searches volumes and control-plane files of restore points for paths.",
            "k8sbackup find '*.sqlite' --plan nightly\nk8sbackup find some/dir/file.db --all-points -l\nk8sbackup find '*.pdf' --namespace shop --claim data --all-points",
            async (session, parsed, cancellationToken) =>
            {
                (string ns, string claim, string pod) = volumes.Of(parsed);
                FindFilesRequest request = new()
                {
                    Pattern = parsed.GetRequiredValue(pattern),
                    PointId = parsed.GetValue(all) ? "" : parsed.GetValue(point) ?? "latest",
                    Plan = parsed.GetValue(plan) ?? "",
                    Source = parsed.GetValue(source) ?? "",
                    Namespace = ns,
                    Claim = claim,
                    Pod = pod,
                    Limit = parsed.GetValue(limit) ?? 0,
                };
                FindFilesDone done = new();
                await session.Output.StreamAsync(
                    Found,
                    HitsAsync(session, request, done, cancellationToken),
                    hit => session.Context.Out.WriteLine(Line(hit, parsed.GetValue(isLong))),
                    cancellationToken);
                return Report(session, done);
            },
            [pattern, point, all, plan, source, .. volumes.All, limit, isLong]);
    }

    private static async IAsyncEnumerable<FoundFile> HitsAsync(
        CommandSession session, FindFilesRequest request, FindFilesDone done, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AsyncServerStreamingCall<FindFilesMessage> call = session.Client.FindFiles(request, session.LongCall(cancellationToken));
        bool isDone = false;
        await foreach (FindFilesMessage message in CommandSession.StreamAsync(call, cancellationToken))
        {
            if (message.Found is { } hit)
            {
                yield return hit;
            }
            else if (message.Done is { } end)
            {
                done.MergeFrom(end);
                isDone = true;
            }
        }

        if (!isDone)
        {
            throw new InvalidDataException("The coordinator ended the search without saying that it is complete.");
        }
    }

    private static string Line(FoundFile hit, bool isLong)
    {
        string time = hit.PointFinishedAt?.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";
        return $"{hit.PointId}  {time}  {Words.Of(hit.Source)}  {FileViews.Line(hit.Entry ?? new Entry(), isLong)}";
    }

    private static int Report(CommandSession session, FindFilesDone done)
    {
        foreach (Failure failure in done.Failures)
        {
            session.Context.Error.WriteLine($"warning: not searched to its end: {Printable.Text(failure.Source)}: {Printable.Text(failure.Message)}");
        }

        session.Context.Error.WriteLine(
            $"{Human.Count(done.Found)} found in {Human.Count(done.Points)} restore points ({Human.Count(done.Snapshots)} different snapshots)."
            + (done.LimitReached ? " There may be more: --limit ended the search." : ""));
        return done.Failures.Count > 0 ? ExitCodes.PartiallyFailed : done.Found == 0 ? ExitCodes.NotFound : ExitCodes.Ok;
    }
}
