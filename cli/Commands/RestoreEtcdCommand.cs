using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Impact;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>
/// Restores a cluster's etcd on all its control-plane nodes: lets the coordinator plan, shows the plan and what the restore changes, and begins when the
/// cluster's name is typed, or given with --yes-i-mean.
/// </summary>
internal static class RestoreEtcdCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        point.Arity = ArgumentArity.ZeroOrOne;
        Option<string> source = new("--source") { Description = "Source, when the restore point has several etcds.", HelpName = "SOURCE" };
        Option<string[]> node = Names("--node", "Control-plane node that becomes a member; may be given several times. Default: all. Others are stopped and stay so.");
        Option<bool> rejoin = new("--rejoin") { Description = "Nodes that are not named join again afterwards, one by one, with nothing of their former data." };
        Option<string[]> lost = Names("--lost", "Node or member that is gone for good and is not waited for; may be given several times.");
        Option<long> revision = EtcdRestoreOptions.Revision();
        Option<bool> suspect = EtcdRestoreOptions.AcceptSuspect();
        Option<long> bump = new("--bump") { Description = "Added to the revision, so that no watcher sees one twice. Default: 1,000,000,000." };
        Option<string> version = new("--target-version") { Description = "etcd version that will run, such as 3.5, where the nodes' manifests do not say." };
        Option<bool> planOnly = new("--plan") { Description = "Only show the plan." };
        Option<bool> abort = new("--abort") { Description = "Call off the restore that goes on, and put everything back. Without POINT." };
        Option<string> confirmed = new("--yes-i-mean") { Description = "The cluster's name, instead of typing it.", HelpName = "CLUSTER" };
        Option<bool?> watch = RestoreStart.WatchOption();
        return host.Leaf(
            "etcd",
            "Restores the cluster's etcd on its control-plane nodes: stops API servers and etcd, puts the data in place, checks it and starts them.",
            "k8sbackup restore etcd latest",
            async (session, parsed, cancellationToken) =>
            {
                if (parsed.GetValue(abort))
                {
                    return await RestoreEtcdAbort.RunAsync(session, cancellationToken);
                }

                string wanted = parsed.GetValue(point) ?? throw new BackupException(FailureCause.InvalidRequest, "Name the restore point, or give --abort.");
                bool onlyPlan = parsed.GetValue(planOnly);
                if (!onlyPlan && parsed.GetValue(confirmed) is null)
                {
                    Ask.RefuseWithoutTerminal(session.Context, "Give --plan to see the plan, or --yes-i-mean with the cluster's name.");
                }

                RestorePoint found = await PointReference.GetUsableAsync(session, wanted, cancellationToken);
                PlanClusterRestoreRequest request = new()
                {
                    RequestId = session.NewRequestId(),
                    PointId = found.Id,
                    Source = SourceOf(found, parsed.GetValue(source)),
                    RevisionBump = parsed.GetValue(bump),
                    Revision = parsed.GetValue(revision),
                    AcceptSuspect = parsed.GetValue(suspect),
                    Rejoin = parsed.GetValue(rejoin),
                    TargetVersion = parsed.GetValue(version) ?? "",
                };
                request.Nodes.AddRange(parsed.GetValue(node) ?? []);
                request.LostNodes.AddRange(parsed.GetValue(lost) ?? []);
                Restore plan = await session.Client.PlanClusterRestoreAsync(request, session.LongCall(cancellationToken));
                ShowPlan(session, plan, onlyPlan);
                if (plan.Cluster.Phase == ClusterRestorePhase.Planned && !session.Output.IsDocument)
                {
                    await ImpactNotice.ShowAsync(session, found, request.Source, cancellationToken);
                }

                return await GoOnAsync(session, plan, onlyPlan, parsed.GetValue(confirmed), parsed.GetValue(watch), cancellationToken);
            },
            point,
            source,
            node,
            rejoin,
            lost,
            revision,
            suspect,
            bump,
            version,
            planOnly,
            abort,
            confirmed,
            watch);
    }

    private static Option<string[]> Names(string option, string description) => new(option) { Description = description, HelpName = "NAME", DefaultValueFactory = _ => [] };

    // Members hold the same data, so any snapshot of the cluster makes all of them; the first is taken when there are several.
    private static SourceKey SourceOf(RestorePoint point, string? source)
    {
        if (source is not null)
        {
            return SourceReference.Parse(source).In(point).Source;
        }

        Snapshot[] etcds = [.. point.Snapshots.Where(s => s.Source?.Kind == SourceKind.Etcd && s.Damage.Length == 0)];
        bool oneCluster = etcds.Select(s => s.Etcd?.ClusterId).Distinct().Count() == 1;
        return etcds.Length > 1 && oneCluster ? etcds.MaxBy(s => s.Etcd?.Revision ?? 0)!.Source : new SourceReference("etcd", "", "").In(point).Source;
    }

    // As a document there is one result: the restore, or the plan where that is all there is.
    private static void ShowPlan(CommandSession session, Restore plan, bool onlyPlan)
    {
        if (!session.Output.IsDocument || onlyPlan || plan.Cluster.Phase != ClusterRestorePhase.Planned)
        {
            session.Output.One(ClusterRestoreViews.Plan, plan);
        }
    }

    private static async Task<int> GoOnAsync(
        CommandSession session, Restore plan, bool onlyPlan, string? confirmed, bool? watch, CancellationToken cancellationToken)
    {
        if (plan.Cluster.Phase != ClusterRestorePhase.Planned)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The restore cannot be carried out; nothing was touched. {plan.Cluster.Obstacles.FirstOrDefault()}");
        }

        if (onlyPlan)
        {
            await CallOffAsync(session, plan, cancellationToken);
            return ExitCodes.Ok;
        }

        try
        {
            Confirm(session.Context, plan, confirmed);
        }
        catch (BackupException)
        {
            await CallOffAsync(session, plan, cancellationToken);
            throw;
        }

        ConfirmClusterRestoreRequest confirmation = new() { RestoreId = plan.Id, Cluster = plan.Cluster.Cluster };
        Restore restore = await session.Client.ConfirmClusterRestoreAsync(confirmation, session.Call(cancellationToken));
        if (watch ?? session.Context.ErrorIsTerminal)
        {
            return await RestoreStart.WatchAsync(session, restore.Id, cancellationToken);
        }

        session.Output.One(RestoreViews.Restore, restore);
        return ExitCodes.Ok;
    }

    private static async Task CallOffAsync(CommandSession session, Restore plan, CancellationToken cancellationToken) =>
        await session.Client.CancelRestoreAsync(new CancelRestoreRequest { RestoreId = plan.Id }, session.Call(cancellationToken));

    private static void Confirm(CliContext context, Restore plan, string? confirmed)
    {
        string cluster = plan.Cluster.Cluster;
        if (confirmed is not null && confirmed != cluster)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"--yes-i-mean says '{confirmed}', but the cluster is '{cluster}'.");
        }

        if (confirmed is null)
        {
            Ask.ToType(
                context,
                $"This replaces etcd's data of cluster {Printable.Text(cluster)} with that of {Output.Human.Time(plan.Cluster.SnapshotTakenAt)}. Type the cluster's name to go on:",
                cluster,
                $"Confirm with --yes-i-mean {cluster}.");
        }
    }
}
