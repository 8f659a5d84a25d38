using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>The record of one restore, changed by one at a time, and on disk before anybody sees the change. Thread-safe.</summary>
internal sealed class ClusterRestoreJournal
{
    private readonly RestoreId _id;
    private readonly ClusterRestoreStore _store;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _lock = new();

    public ClusterRestoreJournal(RestoreId id, ClusterRestoreStore store, AuditLog audit, TimeProvider clock, ILogger log)
    {
        _id = id;
        _store = store;
        _audit = audit;
        _clock = clock;
        _log = log;
    }

    public ClusterRestoreRecord Record => _store.Find(_id)!;

    /// <summary>Changes the record; with the same record nothing is written.</summary>
    /// <exception cref="IOException">It cannot be written; the former record stands.</exception>
    public ClusterRestoreRecord Change(Func<ClusterRestoreRecord, ClusterRestoreRecord> change)
    {
        lock (_lock)
        {
            ClusterRestoreRecord before = Record;
            ClusterRestoreRecord after = change(before);
            if (ReferenceEquals(after, before))
            {
                return before;
            }

            if (after.Phase == ClusterPhase.Planned)
            {
                after = after with { PlannedAt = after.PlannedAt ?? _clock.GetUtcNow() };
            }

            if (after.IsOver)
            {
                after = after with { FinishedAt = after.FinishedAt ?? _clock.GetUtcNow() };
            }

            _store.Save(after);
            Tell(before, after);
            return after;
        }
    }

    /// <summary>Goes on as far as the machine does without an outcome.</summary>
    public ClusterRestoreRecord Settle()
    {
        while (true)
        {
            ClusterRestoreRecord before = Record;
            ClusterRestoreRecord after = Change(ClusterRestoreMachine.Advance);
            if (ReferenceEquals(after, before))
            {
                return after;
            }
        }
    }

    private void Tell(ClusterRestoreRecord before, ClusterRestoreRecord after)
    {
        foreach (string text in after.Events.Except(before.Events))
        {
            ClusterRestoreLog.Event(_log, _id.ToString(), text);
        }

        if (after.Phase != before.Phase)
        {
            _audit.Note(after.StartedBy, "restore.phase", _id.ToString(), after.IsOver ? $"{after.State}" : $"{after.Phase}");
        }
    }
}
