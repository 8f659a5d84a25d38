using System.Buffers.Binary;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Collects the ids of every chunk a snapshot needs while it is uploaded, in any order and with repeats, and stores them sorted and
/// unique. Memory: up to 2 MiB, and 32 bytes per unique id outside the collector's heap, twice that while runs merge: 64 MB per million.
/// List chunks end where an id's bits say so, on average after 1,024 ids, so that a snapshot shares the lists its changes do not touch
/// with its parent. Thread-safe until <see cref="FinishAsync"/>.
/// </summary>
public sealed class ChunkListBuilder : IDisposable
{
    private const int RunIds = 65_536;
    private const int FirstIds = 256;
    private const int BoundaryMask = 1023;

    private readonly Lock _gate = new();
    private readonly Stack<ChunkIdRun> _runs = new();
    private ChunkId[] _buffer = new ChunkId[FirstIds];
    private int _buffered;

    /// <summary>Adds a chunk the snapshot needs.</summary>
    public void Add(ChunkId id)
    {
        lock (_gate)
        {
            AddLocked(id);
        }
    }

    /// <summary>Adds chunks the snapshot needs.</summary>
    public void Add(ReadOnlySpan<ChunkId> ids)
    {
        lock (_gate)
        {
            foreach (ChunkId id in ids)
            {
                AddLocked(id);
            }
        }
    }

    /// <summary>Stores the list. The writer's next commit or flush makes it durable.</summary>
    public async Task<ChunkList> FinishAsync(RepositoryWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ChunkIdRun all = MergeAll();
        List<ChunkId> chunks = [];
        byte[] bytes = new byte[(int)Math.Min(all.Count, RepositoryLimits.ChunkListIdsMax) * ChunkId.Bytes];
        int used = 0;
        for (long i = 0; i < all.Count; i++)
        {
            all[i].CopyTo(bytes.AsSpan(used));
            bool boundary = (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(used + ChunkId.Bytes - 2)) & BoundaryMask) == 0;
            used += ChunkId.Bytes;
            if (boundary || used == bytes.Length || i + 1 == all.Count)
            {
                chunks.Add(await writer.AddAsync(bytes.AsMemory(0, used), cancellationToken));
                used = 0;
            }
        }

        return new ChunkList(chunks, all.Count);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            while (_runs.TryPop(out ChunkIdRun? run))
            {
                run.Dispose();
            }
        }
    }

    private void AddLocked(ChunkId id)
    {
        if (_buffered == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        _buffer[_buffered++] = id;
        if (_buffered == RunIds)
        {
            PushBufferLocked();
        }
    }

    // Runs merge as in a binary counter: each is at least twice as long as the one above it, so few exist and each id moves few times.
    private void PushBufferLocked()
    {
        _runs.Push(ChunkIdRun.Of(_buffer.AsSpan(0, _buffered)));
        _buffered = 0;
        while (_runs.Count > 1 && _runs.Peek().Count * 2 > _runs.ElementAt(1).Count)
        {
            MergeTopLocked();
        }
    }

    private void MergeTopLocked()
    {
        using ChunkIdRun top = _runs.Pop();
        using ChunkIdRun below = _runs.Pop();
        _runs.Push(ChunkIdRun.Merge(top, below));
    }

    private ChunkIdRun MergeAll()
    {
        lock (_gate)
        {
            PushBufferLocked();
            while (_runs.Count > 1)
            {
                MergeTopLocked();
            }

            return _runs.Peek();
        }
    }
}
