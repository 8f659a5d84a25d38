using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Which chunks are durable, which are on their way, which are new. A chunk enters the index before it leaves the pending ones,
/// so that no moment shows it as new again. Thread-safe. Memory: about 60 bytes per pending chunk, at most three packs of them.
/// </summary>
internal sealed class PendingChunks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StoreChunkId, PackTicket> _pending = [];
    private readonly HashSet<PackTicket> _tickets = [];
    private readonly ChunkIndex _index;

    public PendingChunks(ChunkIndex index) => _index = index;

    /// <summary>Places of the new chunks, each once, and the packs on their way that hold others.</summary>
    public (List<int> New, HashSet<PackTicket> Awaited) Classify(IReadOnlyList<PackChunk> chunks)
    {
        List<int> fresh = [];
        HashSet<PackTicket> awaited = [];
        HashSet<StoreChunkId> seen = [];
        lock (_gate)
        {
            for (int i = 0; i < chunks.Count; i++)
            {
                StoreChunkId id = chunks[i].Id;
                if (_pending.TryGetValue(id, out PackTicket? ticket))
                {
                    awaited.Add(ticket);
                }
                else if (!_index.MayRefer(id) && seen.Add(id))
                {
                    fresh.Add(i);
                }
            }
        }

        return (fresh, awaited);
    }

    public void Add(PackTicket ticket, IReadOnlyList<PackChunk> chunks)
    {
        lock (_gate)
        {
            _tickets.Add(ticket);
            foreach (PackChunk chunk in chunks)
            {
                _pending[chunk.Id] = ticket;
            }
        }
    }

    /// <summary>The pack and its index segment are durable.</summary>
    public void Complete(PackTicket ticket)
    {
        lock (_gate)
        {
            _index.Add(ticket.Directory!);
            foreach (PackChunk chunk in ticket.Directory!.Chunks)
            {
                _pending.Remove(chunk.Id);
            }

            _tickets.Remove(ticket);
        }

        ticket.Complete();
    }

    public void FailAll(Exception failure)
    {
        PackTicket[] tickets;
        lock (_gate)
        {
            tickets = [.. _tickets];
            _tickets.Clear();
            _pending.Clear();
        }

        foreach (PackTicket ticket in tickets)
        {
            ticket.Fail(failure);
        }
    }
}
