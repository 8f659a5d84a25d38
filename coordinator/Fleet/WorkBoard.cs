using System.Collections.Concurrent;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// All work of the fleet that is not over. Owners (run and restore engine) put work up and take it down; sessions
/// deliver what stands here to the nodes; the upload and download services look up what an agent may touch.
/// Thread-safe. In memory only: owners put the same work up again after a restart.
/// </summary>
public sealed class WorkBoard
{
    private readonly ConcurrentDictionary<string, WorkItem> _items = new(StringComparer.Ordinal);

    /// <summary>
    /// Raised with the node's name after its work was added, cancelled or finished. Handlers only take note: they run
    /// on the thread that made the change.
    /// </summary>
    public event Action<string>? Changed;

    /// <summary>Puts work up, and gives the item that stands: the one given, or the one already there under that id.</summary>
    public WorkItem Add(WorkItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        // Owners put their work up again at every look; only the first time is a change.
        bool isNew = false;
        WorkItem standing = _items.GetOrAdd(item.WorkId, _ =>
        {
            isNew = true;
            return item;
        });
        if (isNew)
        {
            Changed?.Invoke(item.Node);
        }

        return standing;
    }

    /// <summary>The work of that id, finished or not; null when it was never put up or is taken down.</summary>
    public WorkItem? Find(string workId) => _items.GetValueOrDefault(workId);

    /// <summary>The node's work, finished or not.</summary>
    public IReadOnlyList<WorkItem> OfNode(string node) => [.. _items.Values.Where(item => item.Node == node)];

    /// <summary>Takes work down. Nothing happens when it is not there.</summary>
    public void Remove(string workId)
    {
        if (_items.TryRemove(workId, out WorkItem? item))
        {
            Changed?.Invoke(item.Node);
            item.Dispose();
        }
    }

    /// <summary>Notes how far work is. Unknown or finished work is ignored: reports may arrive late.</summary>
    public void ReportProgress(string workId, WorkProgress progress)
    {
        if (Find(workId) is { Completion.IsCompleted: false } item)
        {
            item.Report(progress);
        }
    }

    /// <summary>
    /// Ends work. The first outcome stands; false when the work is unknown or had ended before, and the outcome given
    /// then has no effect.
    /// </summary>
    public bool ReportResult(string workId, WorkOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        if (Find(workId) is not { } item || !item.Complete(outcome))
        {
            return false;
        }

        Changed?.Invoke(item.Node);
        return true;
    }

    /// <summary>
    /// Asks for work to stop: its token is cancelled and the agent told. It ends when the agent says so or its owner
    /// stops waiting and reports a failure itself.
    /// </summary>
    public void Cancel(string workId)
    {
        if (Find(workId) is { Completion.IsCompleted: false } item)
        {
            item.Cancel();
            Changed?.Invoke(item.Node);
        }
    }
}
