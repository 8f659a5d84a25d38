using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// Carries one restore through: puts up the steps the machine wants, hands it their outcomes, and decides what the
/// absence of a node means. Holds nothing that is not in the journal but the times of absences and retries.
/// </summary>
internal sealed class ClusterRestoreDrive
{
    private readonly ClusterRestoreJournal _journal;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly ClusterRestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly long _begun;
    private readonly Dictionary<string, (StepOrder Order, WorkItem Item)> _up = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _failedAt = new(StringComparer.Ordinal);

    public ClusterRestoreDrive(ClusterRestoreJournal journal, WorkBoard board, NodeRegistry nodes, ClusterRestoreOptions options, TimeProvider clock)
    {
        _journal = journal;
        _board = board;
        _nodes = nodes;
        _options = options;
        _clock = clock;
        _begun = clock.GetTimestamp();
    }

    /// <summary>Goes as far as is known without waiting; false when the restore is over.</summary>
    public bool Step()
    {
        ClusterRestoreRecord record = _journal.Settle();
        Collect();
        record = _journal.Settle();
        // A plan of a time to come is of a clock that was set back since, and nobody knows how old it is.
        if (record.Phase == ClusterPhase.Planned && (_clock.GetUtcNow() - record.PlannedAt)?.Duration() >= _options.PlanLifetime)
        {
            record = _journal.Change(ClusterRestoreMachine.Expire);
        }

        PutUp(record);
        if (!record.IsOver)
        {
            JudgeAbsences(record);
        }

        return !record.IsOver;
    }

    /// <summary>Completes when a step ends, or after a while.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task[] steps = [.. _up.Values.Select(each => each.Item.Completion)];
        await Task.WhenAny([Task.Delay(_options.Interval, _clock, cancellationToken), .. steps]);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Collect()
    {
        foreach ((string id, (StepOrder order, WorkItem item)) in _up.Where(each => each.Value.Item.Completion.IsCompleted).ToArray())
        {
            WorkOutcome outcome = item.Completion.Result;
            if (outcome is WorkOutcome.Failed)
            {
                _failedAt[order.Node] = _clock.GetTimestamp();
            }

            _journal.Change(record => outcome switch
            {
                WorkOutcome.Stepped stepped => ClusterRestoreMachine.Apply(record, order, stepped.Report, null),
                WorkOutcome.Failed failed => ClusterRestoreMachine.Apply(record, order, null, failed.Failure),
                _ => throw new InvalidOperationException($"A step cannot end as {outcome.GetType().Name}."),
            });
            // Not before it is in the journal: an outcome that is lost is asked for again.
            _board.Remove(id);
            _up.Remove(id);
        }
    }

    private void PutUp(ClusterRestoreRecord record)
    {
        IReadOnlyList<StepOrder> wanted = ClusterRestoreMachine.Wanted(record);
        foreach (StepOrder order in wanted.Where(MayBegin))
        {
            string id = StepItems.IdOf(record, order);
            if (!_up.ContainsKey(id))
            {
                _up[id] = (order, _board.Add(StepItems.Create(record, order, _options.PodPatience)));
            }
        }

        foreach ((string id, (StepOrder order, WorkItem item)) in _up.ToArray())
        {
            if (record.IsOver)
            {
                _board.Cancel(id);
                _board.Remove(id);
                _up.Remove(id);
            }
            else if (!wanted.Contains(order) && !item.Cancellation.IsCancellationRequested)
            {
                // The agent does one step at a time, so what is wanted now waits there until this one has stopped.
                _board.Cancel(id);
            }
        }
    }

    private bool MayBegin(StepOrder order) =>
        order.Attempt == 0 || !_failedAt.TryGetValue(order.Node, out long failed) || _clock.GetElapsedTime(failed) >= _options.RetryPause;

    private void JudgeAbsences(ClusterRestoreRecord record)
    {
        foreach (StepOrder order in ClusterRestoreMachine.Wanted(record))
        {
            if (Absence(record, order.Node) is not { } message)
            {
                continue;
            }

            Failure failure = new(order.Node, record.Source.ToString(), FailureCause.NodeUnavailable, message);
            _journal.Change(now => now.Phase switch
            {
                ClusterPhase.RollingBack or ClusterPhase.Releasing => ClusterRestoreMachine.Miss(now, order.Node),
                _ => ClusterRestoreMachine.Apply(now, order, null, failure),
            });
        }
    }

    private string? Absence(ClusterRestoreRecord record, string node)
    {
        if (record.Phase == ClusterPhase.Inspecting)
        {
            return !_nodes.IsConnected(node) ? "Its agent is not connected."
                : _clock.GetElapsedTime(_begun) >= _options.PlanPatience ? $"Its agent did not answer within {_options.PlanPatience.TotalSeconds:0} s."
                : null;
        }

        bool isLeftOut = record.Nodes.Single(each => each.Name == node).IsLeftOut;
        return !isLeftOut && _nodes.AwayFor(node) >= _options.AwayPatience ? $"Its agent has been away for {_options.AwayPatience.TotalMinutes:0.#} minutes." : null;
    }
}
