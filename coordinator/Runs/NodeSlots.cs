using K8sBackup.Coordinator.Fleet;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Keeps backups on one node within a bound, over all runs. Thread-safe.</summary>
public sealed class NodeSlots
{
    private readonly WorkBoard _board;
    private readonly Lock _lock = new();

    public NodeSlots(WorkBoard board, int perNode)
    {
        _board = board;
        PerNode = perNode;
    }

    /// <summary>Backups on one node at the same time; may change, and holds for what starts from then on.</summary>
    public int PerNode { get; set; }

    /// <summary>True when work of the node could be put up now and still leave room for some more; another run may be quicker.</summary>
    public bool HasRoom(string node, int keptFree = 0) =>
        _board.OfNode(node).Count(other => other.Backup is not null && !other.Completion.IsCompleted) + keptFree < PerNode;

    /// <summary>Puts the work up when its node has room; false when it has none.</summary>
    public bool TryStart(WorkItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        // Counting and adding must not interleave between two runs, or both would take the last slot.
        lock (_lock)
        {
            if (!HasRoom(item.Node))
            {
                return false;
            }

            _board.Add(item);
            return true;
        }
    }
}
