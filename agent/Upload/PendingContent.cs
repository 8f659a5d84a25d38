using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// The extents of one file while its chunks are still being hashed. The reader reserves in file order and seals; workers
/// resolve in any order. Thread-safe.
/// </summary>
internal sealed class PendingContent
{
    private readonly Lock _lock = new();
    private readonly List<Extent> _extents = [];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = 1;

    /// <summary>Completes when the content is sealed and every chunk has its id.</summary>
    public Task Completion => _done.Task;

    /// <summary>The extents; complete when <see cref="Completion"/> is.</summary>
    public IReadOnlyList<Extent> Extents => _extents;

    /// <summary>Takes up an extent whose chunk is known already.</summary>
    public void AddKnown(Extent extent)
    {
        lock (_lock)
        {
            _extents.Add(extent);
        }
    }

    /// <summary>Makes room for the whole of a chunk that is yet to be hashed; the result names the place.</summary>
    public int Reserve(long fileOffset, int length)
    {
        lock (_lock)
        {
            _open++;
            _extents.Add(new Extent(fileOffset, default, 0, length));
            return _extents.Count - 1;
        }
    }

    public void Resolve(int place, ChunkId id)
    {
        lock (_lock)
        {
            _extents[place] = _extents[place] with { Chunk = id };
        }

        Close();
    }

    /// <summary>No more extents will come.</summary>
    public void Seal() => Close();

    private void Close()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult();
        }
    }
}
