using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Cli.Watching;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>
/// Prunes through the coordinator: makes a plan, shows it, and executes it when it is confirmed. No restore point goes that the plan did not
/// name. With --yes the plan is left out, since nobody looks at it.
/// </summary>
internal static class PruneCommand
{
    internal static readonly View<PruneMessage> Message = new View<PruneMessage>()
        .Object("progress", "Progress", CommonViews.Progress, m => m.Progress)
        .Object("result", "Result", PruneViews.Result, m => m.Result);

    private const string Word = "prune";
    private const string OrWithoutAsking = "Give --dry-run to see the plan, or --yes to go on without asking.";

    public static Command Create(CommandHost host)
    {
        Option<bool> dryRun = new("--dry-run") { Description = "Only show what would be done." };
        Option<bool> yes = new("--yes") { Description = "Do it without a plan first and without asking." };
        Option<bool> trustClock = new("--trust-clock") { Description = "The coordinator's clock is right, although times in the repository speak against it." };
        Option<int?> threshold = new("--repack-threshold")
        {
            Description = "Copy together what is needed of packs of which less than this is, 0 (never) to 95. Default: the coordinator's configuration.",
            HelpName = "PERCENT",
        };
        return host.Leaf(
            "prune",
            "Deletes restore points that retention lets go, and what no other needs. Space comes back after the grace.",
            "k8sbackup prune --dry-run\nk8sbackup prune",
            async (session, parsed, cancellationToken) =>
            {
                PruneRequest request = new() { TrustClock = parsed.GetValue(trustClock) };
                if (parsed.GetValue(threshold) is { } percent)
                {
                    request.RepackThresholdPercent = percent;
                }

                bool onlyPlan = parsed.GetValue(dryRun);
                if (onlyPlan || !parsed.GetValue(yes))
                {
                    if (!onlyPlan)
                    {
                        Ask.RefuseWithoutTerminal(session.Context, OrWithoutAsking);
                    }

                    PruneResult plan = await RunAsync(session, new PruneRequest(request) { DryRun = true }, cancellationToken);
                    if (onlyPlan || IsEmpty(plan))
                    {
                        return CodeOf(plan);
                    }

                    Ask.ToType(session.Context, Question(plan), Word, OrWithoutAsking);
                    request.Only = new PointIds { Ids = { plan.Points } };
                }

                return CodeOf(await RunAsync(session, request, cancellationToken));
            },
            dryRun,
            yes,
            threshold,
            trustClock);
    }

    private static async Task<PruneResult> RunAsync(CommandSession session, PruneRequest request, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<PruneMessage> messages = CommandSession.StreamAsync(
            session.Client.Prune(request, session.LongCall(cancellationToken)), cancellationToken);
        PruneMessage? last = await Watcher.ShowAsync(
            session, Message, messages, m => m.Progress is { } progress ? Frames.OfPrune(progress) : null, cancellationToken);
        if (last?.Result is not { } result)
        {
            throw new InvalidDataException("The coordinator ended the prune without a result.");
        }

        if (!session.Output.IsDocument)
        {
            session.Output.One(result.DryRun ? PruneViews.Plan : PruneViews.Result, result);
            if (result.DryRun && IsEmpty(result))
            {
                session.Context.Error.WriteLine("There is nothing to prune.");
            }
        }

        return result;
    }

    // Packs that are needed again are work as well: until it is done nothing new refers to them.
    private static bool IsEmpty(PruneResult plan) =>
        plan is { PointCount: 0, Snapshots: 0 } && new[] { plan.Deleted, plan.Condemned, plan.Rescued }.All(t => t is null or { Packs: 0 });

    private static string Question(PruneResult plan) =>
        $"This deletes {plan.Points.Count} restore points, {plan.Snapshots} snapshots and {Human.Bytes(plan.Deleted?.Bytes ?? 0)} of packs for good, "
        + $"and condemns {Human.Bytes(plan.Condemned?.Bytes ?? 0)}. Type '{Word}' to go on:";

    private static int CodeOf(PruneResult result)
    {
        HashSet<string> kinds = [.. result.Obstacles.Select(o => o.Kind)];
        return kinds.Overlaps(["DamagedManifest", "IncompleteIndex", "DamagedPack"]) ? ExitCodes.Damaged
            : kinds.Contains("Clock") ? ExitCodes.Refused
            : kinds.Contains("Store") ? ExitCodes.Unavailable
            : ExitCodes.Ok;
    }
}
