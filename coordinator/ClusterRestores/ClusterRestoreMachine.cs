using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using RestoreState = K8sBackup.Coordinator.Restores.RestoreState;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// Decides what happens next in the restore of a cluster's etcd, from the journal alone: no clock, no network, no disk.
/// (1) each phase is one step on every node it concerns; (2) up to the check, the first failure takes everything back;
/// (3) from the first API server on, failures are noted and the rest goes on; (4) the way back is tried until it is done.
/// </summary>
public static class ClusterRestoreMachine
{
    // The check is repeated when revisions differ because a lease ran out in between.
    private const int CheckAttemptsMax = 5;

    // Past the return nothing can be taken back, so what fails for a passing reason is tried again.
    private const int LateAttemptsMax = 3;

    private const int EventsMax = 200;
    private const int NotesMax = 32;

    /// <summary>The steps that are to be under way now.</summary>
    public static IReadOnlyList<StepOrder> Wanted(ClusterRestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (ClusterPhases.StepOf(record.Phase) is not { } step)
        {
            return [];
        }

        IEnumerable<ClusterNode> open = record.Nodes.Where(node => IsOpen(record, node));
        IEnumerable<StepOrder> orders = open.Select(node => Order(record, node, step));
        return [.. ClusterPhases.IsOneByOne(record.Phase) ? orders.Take(1) : orders];
    }

    /// <summary>Takes the outcome of a step. One that is no longer wanted changes nothing.</summary>
    public static ClusterRestoreRecord Apply(ClusterRestoreRecord record, StepOrder order, RestoreStepReport? report, Failure? failure)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(order);
        if (!Wanted(record).Contains(order))
        {
            return record;
        }

        return failure is null ? Succeed(record, order, report ?? new RestoreStepReport()) : Fail(record, order, failure);
    }

    /// <summary>Goes on to the next phase when all nodes are through with this one; gives the same record otherwise.</summary>
    public static ClusterRestoreRecord Advance(ClusterRestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        bool waits = record.Phase is ClusterPhase.Planned or ClusterPhase.Over || record.Nodes.Any(node => IsOpen(record, node) && !IsPassedOver(record, node));
        if (waits)
        {
            return record;
        }

        return record.Phase switch
        {
            ClusterPhase.Inspecting => ClusterPlan.Judge(record),
            ClusterPhase.Staging => MemberComparison.OfStaged(record) is { } difference ? RollBack(record, difference) : Enter(record, ClusterPhase.BootTesting),
            ClusterPhase.Checking => JudgeCheck(record),
            ClusterPhase.Finishing => End(record, record.Nodes.Any(node => node.Problem is not null) ? RestoreState.PartiallyFailed : RestoreState.Completed),
            ClusterPhase.Releasing => End(record, record.AbortedBy.Length > 0 ? RestoreState.Cancelled : RestoreState.Failed),
            _ => Enter(record, ClusterPhases.After(record.Phase)),
        };
    }

    /// <summary>The operator's word to begin.</summary>
    /// <exception cref="BackupException">The restore does not wait for it, or the name is not the cluster's.</exception>
    public static ClusterRestoreRecord Confirm(ClusterRestoreRecord record, string cluster, string by)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.ConfirmedBy.Length > 0)
        {
            return record;
        }

        Require(record.Phase == ClusterPhase.Planned, FailureCause.InvalidRequest, $"Restore {record.Id} is {record.Phase} and waits for no confirmation.");
        Require(cluster == record.Cluster, FailureCause.InvalidRequest, $"'{cluster}' is not the name of this cluster.");
        return Enter(record with { ConfirmedBy = by, State = RestoreState.Running }, ClusterPhase.Staging, $"Confirmed by {by}.");
    }

    /// <summary>The operator's word to stop: what was done is undone. Said again on the way back, nodes that are away are no longer waited for.</summary>
    /// <exception cref="BackupException">An API server may have run, and there is no way back.</exception>
    public static ClusterRestoreRecord Abort(ClusterRestoreRecord record, string by, IReadOnlySet<string> away)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(away);
        if (record.IsOver)
        {
            return record;
        }

        if (record.Phase is ClusterPhase.Inspecting or ClusterPhase.Planned)
        {
            return End(record with { AbortedBy = by }, RestoreState.Cancelled, $"Called off by {by}; nothing was touched.");
        }

        if (ClusterPhases.CanRollBack(record.Phase))
        {
            return Enter(record with { AbortedBy = by }, ClusterPhase.RollingBack, $"Called off by {by}; everything is taken back.");
        }

        Require(
            ClusterPhases.IsWayBack(record.Phase),
            FailureCause.TargetInUse,
            $"Restore {record.Id} has put API servers on the restored data ({record.Phase}); there is no way back. The former data is kept on every node as .kb-old-{record.Id}.");
        ClusterNode[] open = [.. record.Nodes.Where(node => IsOpen(record, node))];
        if (!open.All(node => away.Contains(node.Name)))
        {
            return record;
        }

        string names = string.Join(", ", open.Select(node => node.Name));
        return record.Phase == ClusterPhase.Releasing
            ? End(record with { AbortedBy = by }, RestoreState.Failed, $"{by} gave up on {names}.")
            : open.Where(node => !node.IsLeftOut).Aggregate(Note(record, $"{by} vouches that {names} is switched off."), (now, node) => LeaveOut(now, node.Name));
    }

    /// <summary>A plan nobody confirmed is dropped: what it found may no longer be so.</summary>
    public static ClusterRestoreRecord Expire(ClusterRestoreRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Phase == ClusterPhase.Planned ? End(record, RestoreState.Cancelled, "Nobody confirmed the plan in time; nothing was touched.") : record;
    }

    /// <summary>
    /// A node is away on the way back. When no new etcd was started it is left for later; else nothing old may start before
    /// its new etcd is stopped for sure: an API server that reaches both would mix two clusters.
    /// </summary>
    public static ClusterRestoreRecord Miss(ClusterRestoreRecord record, string node)
    {
        ArgumentNullException.ThrowIfNull(record);
        ClusterNode missing = record.Nodes.Single(each => each.Name == node);
        if (record.Phase != ClusterPhase.RollingBack || missing.IsLeftOut || missing.IsMissed)
        {
            return record;
        }

        return record.HasStartedEtcd
            ? Note(With(record, node, n => n with { IsMissed = true }), $"{node} is away and may run the new etcd, so nothing is started before it is back. If it is switched off, cancel the restore again.")
            : LeaveOut(record, node);
    }

    internal static ClusterRestoreRecord Enter(ClusterRestoreRecord record, ClusterPhase phase, string? note = null) => Note(
        record with
        {
            Phase = phase,
            HasStartedEtcd = record.HasStartedEtcd || phase == ClusterPhase.StartingEtcd,
            IsPastReturn = record.IsPastReturn || phase == ClusterPhase.StartingApiServers,
            Nodes = [.. record.Nodes.Select(node => node with { Attempt = 0, IsLeftOut = false, IsMissed = false })],
        },
        note ?? $"{phase}.");

    internal static ClusterRestoreRecord End(ClusterRestoreRecord record, RestoreState state, string? note = null) =>
        Note(record with { Phase = ClusterPhase.Over, State = state }, note ?? $"{state}.");

    private static ClusterRestoreRecord LeaveOut(ClusterRestoreRecord record, string node) =>
        Note(With(record, node, n => n with { IsLeftOut = true }), $"{node} is away; the others go on without it.");

    private static ClusterRestoreRecord JudgeCheck(ClusterRestoreRecord record)
    {
        if (MemberComparison.OfStates(record) is { } difference)
        {
            return RollBack(record, difference);
        }

        if (!MemberComparison.AreAtOneRevision(record))
        {
            return record.Nodes.Max(node => node.Attempt) < CheckAttemptsMax
                ? Note(record with { Nodes = [.. record.Nodes.Select(node => node with { Done = ClusterPhase.StartingEtcd, Attempt = node.Attempt + 1 })] }, "Members were asked at different revisions and are asked again.")
                : RollBack(record, new Failure("", record.Source.ToString(), FailureCause.EtcdSnapshotInvalid, "The members do not come to one revision."));
        }

        return Enter(record, ClusterPhase.StartingApiServers, "All members are one healthy cluster with the data that was built. From here on there is no way back.");
    }

    private static ClusterRestoreRecord Succeed(ClusterRestoreRecord record, StepOrder order, RestoreStepReport report) => With(record, order.Node, node => node with
    {
        Done = order.Phase == ClusterPhase.Releasing && order.Step == RestoreStep.RollBack ? ClusterPhase.RollingBack : order.Phase,
        Attempt = order.Step == RestoreStep.RollBack ? 0 : node.Attempt,
        Facts = report.Facts is null ? node.Facts : MessageJson.ToJson(report.Facts),
        Staged = report.Staged is null ? node.Staged : MessageJson.ToJson(report.Staged),
        State = report.State is null ? node.State : MessageJson.ToJson(report.State),
        Notes = [.. node.Notes.Concat(report.Notes).Distinct().TakeLast(NotesMax)],
    });

    private static ClusterRestoreRecord Fail(ClusterRestoreRecord record, StepOrder order, Failure failure)
    {
        ClusterRestoreRecord failed = Note(With(record, order.Node, node => node with { Failure = failure, Attempt = node.Attempt + 1 }), $"{order.Step} failed. {failure}");
        return record.Phase switch
        {
            _ when ClusterPhases.CanRollBack(record.Phase) => RollBack(failed, failure),
            _ when ClusterPhases.IsWayBack(record.Phase) => failed,
            _ when IsWorthAnotherTry(record, order, failure) => failed,
            _ => With(failed, order.Node, node => node with { IsLeftOut = true, Problem = node.Problem ?? failure }),
        };
    }

    private static bool IsWorthAnotherTry(ClusterRestoreRecord record, StepOrder order, Failure failure) => record.IsPastReturn
        && order.Attempt + 1 < LateAttemptsMax
        && failure.Cause is not (FailureCause.TimedOut or FailureCause.NodeUnavailable);

    private static ClusterRestoreRecord RollBack(ClusterRestoreRecord record, Failure failure) =>
        Enter(record with { Failure = failure }, ClusterPhase.RollingBack, $"Everything is taken back: {failure}");

    // A node that was left out of the common way back goes the whole of it by itself.
    private static StepOrder Order(ClusterRestoreRecord record, ClusterNode node, RestoreStep step) =>
        record.Phase == ClusterPhase.Releasing && node.Done != ClusterPhase.RollingBack
            ? new StepOrder(node.Name, record.Phase, RestoreStep.RollBack, node.Attempt)
            : new StepOrder(node.Name, record.Phase, step, node.Attempt);

    private static bool IsOpen(ClusterRestoreRecord record, ClusterNode node) =>
        ClusterPhases.Concerns(record.Phase, node.Part) && node.Done != record.Phase && (!node.IsLeftOut || ClusterPhases.IsWayBack(record.Phase));

    private static bool IsPassedOver(ClusterRestoreRecord record, ClusterNode node) => record.Phase == ClusterPhase.RollingBack && node.IsLeftOut;

    private static ClusterRestoreRecord With(ClusterRestoreRecord record, string name, Func<ClusterNode, ClusterNode> change) =>
        record with { Nodes = [.. record.Nodes.Select(node => node.Name == name ? change(node) : node)] };

    private static ClusterRestoreRecord Note(ClusterRestoreRecord record, string text) =>
        record with { Events = [.. record.Events.Append(text).TakeLast(EventsMax)] };

    private static void Require(bool condition, FailureCause cause, string message)
    {
        if (!condition)
        {
            throw new BackupException(cause, message);
        }
    }
}
