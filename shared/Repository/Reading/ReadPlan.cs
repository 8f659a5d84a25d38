using System.Buffers;
using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// Reads many chunks with few requests: (1) unique chunks are grouped by frame, frames by pack in order of first use; (2) neighbouring
/// frames become one range; (3) a bounded number of ranges is read ahead. Chunks come out in the order of the store, not of the request,
/// each once. Damage of one does not stop the others. Memory: ranges ahead times the sum of <see cref="RangeBytesMax"/> and
/// <see cref="RangePlainBytesMax"/>.
/// </summary>
public sealed class ReadPlan
{
    /// <summary>Ranges are merged up to this length: object stores advise 8 to 16 MB per request.</summary>
    public const int RangeBytesMax = 8 << 20;

    /// <summary>
    /// Ranges are merged up to this sum of their frames' plaintext, whatever the frames were compressed to: what is decoded ahead is
    /// bounded, not only what is read.
    /// </summary>
    public const int RangePlainBytesMax = 16 << 20;

    /// <summary>A gap up to this length is read and thrown away: cheaper than another request.</summary>
    public const int GapBytesMax = 1 << 20;

    /// <summary>Ranges read at once by default.</summary>
    public const int RangesAheadDefault = 3;

    private readonly OpenRepository _repository;
    private readonly FrameReader _reader;
    private readonly FrameTaker _taker;
    private readonly List<ChunkId> _missing = [];
    private readonly List<PlannedRange> _ranges = [];

    private ReadPlan(OpenRepository repository, ReadForm form)
    {
        _repository = repository;
        _reader = new FrameReader(repository);
        _taker = new FrameTaker(_reader, form);
    }

    /// <summary>Requests to the store the plan makes.</summary>
    public int RangeCount => _ranges.Count;

    /// <summary>Plans for the chunks of extents.</summary>
    public static ReadPlan Create(OpenRepository repository, IEnumerable<Extent> extents) =>
        Create(repository, extents.Select(e => e.Chunk));

    /// <summary>Plans for chunks; repeated ones are read once. Memory: about 100 bytes per unique chunk, so plan in batches.</summary>
    public static ReadPlan Create(OpenRepository repository, IEnumerable<ChunkId> chunks, ReadForm? form = null)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(chunks);
        ReadPlan plan = new(repository, form ?? ReadForm.Plaintext);
        plan.Add(chunks.Distinct());
        return plan;
    }

    /// <summary>The chunks, damaged and missing ones included as such.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read; one pack that cannot while the store answers is damage.</exception>
    public async IAsyncEnumerable<PlannedChunk> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken, int rangesAhead = RangesAheadDefault)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rangesAhead, 1);
        if (_missing.Count > 0)
        {
            await _repository.RefreshAsync(cancellationToken);
            ChunkId[] again = [.. _missing];
            _missing.Clear();
            Add(again);
        }

        foreach (ChunkId missing in _missing)
        {
            yield return PlannedChunk.Damaged(missing, _repository.Missing(missing));
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<List<PlannedChunk>>> ahead = [];
        try
        {
            int next = 0;
            while (next < _ranges.Count || ahead.Count > 0)
            {
                while (next < _ranges.Count && ahead.Count < rangesAhead)
                {
                    PlannedRange range = _ranges[next++];
                    ahead.Enqueue(Task.Run(() => ReadRangeAsync(range, stop.Token), stop.Token));
                }

                foreach (PlannedChunk chunk in await ahead.Dequeue())
                {
                    yield return chunk;
                }
            }
        }
        finally
        {
            // Whoever stops early still waits until no read is left running.
            await stop.CancelAsync();
            await Task.WhenAll(ahead).ContinueWith(
                static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Add(IEnumerable<ChunkId> chunks)
    {
        SortedDictionary<uint, List<(ChunkId Id, ChunkLocation Location)>> byFrame = [];
        foreach (ChunkId chunk in chunks)
        {
            if (_repository.Index.TryFind(StoreChunkId.Of(chunk, _repository.Keys), out ChunkLocation location))
            {
                (byFrame.TryGetValue(location.Frame, out var list) ? list : byFrame[location.Frame] = []).Add((chunk, location));
            }
            else
            {
                _missing.Add(chunk);
            }
        }

        foreach ((uint number, List<(ChunkId, ChunkLocation)> wanted) in byFrame)
        {
            AddFrame(new PlannedFrame(_repository.Index.Frame(number), wanted));
        }
    }

    private void AddFrame(PlannedFrame frame)
    {
        PlannedRange? last = _ranges.Count > 0 ? _ranges[^1] : null;
        bool joins = last is not null
            && last.ObjectName == frame.Location.ObjectName
            && frame.Location.Offset - last.End <= GapBytesMax
            && frame.End - last.Start <= RangeBytesMax
            && last.PlainBytes + frame.Location.PlainBytes <= RangePlainBytesMax;
        if (joins)
        {
            last!.Add(frame);
        }
        else
        {
            _ranges.Add(new PlannedRange(frame));
        }
    }

    private async Task<List<PlannedChunk>> ReadRangeAsync(PlannedRange range, CancellationToken cancellationToken)
    {
        List<PlannedChunk> chunks = [];
        byte[] rented = ArrayPool<byte>.Shared.Rent(range.End - range.Start);
        bool isRead = false;
        try
        {
            await PackReader.FillRangeAsync(
                _repository.Store, range.ObjectName, range.Start, rented.AsMemory(0, range.End - range.Start), cancellationToken);
            isRead = true;
        }
        catch (Exception e) when (e is RepositoryCorruptException or ObjectStoreException)
        {
            // A pack that ends early, or has a bad block, may still have some of the frames: each is tried alone below.
        }

        foreach (PlannedFrame frame in range.Frames)
        {
            if (!isRead || !_taker.TryTake(frame, rented.AsMemory(frame.Location.Offset - range.Start, frame.Location.SealedBytes), chunks))
            {
                await ReadFrameAsync(frame, chunks, cancellationToken);
            }
        }

        // Not after a fault: a store that gave up waiting may still be reading.
        if (isRead)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return chunks;
    }

    // Once more and alone: what went wrong on the way and not in the store is right the second time.
    private async Task ReadFrameAsync(PlannedFrame frame, List<PlannedChunk> chunks, CancellationToken cancellationToken)
    {
        RepositoryCorruptException? damage;
        try
        {
            byte[] sealedFrame = await PackReader.ReadRangeAsync(
                _repository.Store, frame.Location.ObjectName, frame.Location.Offset, frame.Location.SealedBytes, cancellationToken);
            _taker.Take(frame, sealedFrame, chunks);
            return;
        }
        catch (RepositoryCorruptException e)
        {
            damage = e;
        }
        catch (ObjectStoreException e)
        {
            damage = await UnreadableObjects.DiagnoseAsync(_repository.Store, e, frame.Location.ObjectName, cancellationToken);
            if (damage is null)
            {
                throw;
            }
        }

        foreach ((ChunkId id, ChunkLocation location) in frame.Wanted)
        {
            chunks.Add(await ReadElsewhereAsync(id, location, damage, cancellationToken));
        }
    }

    // A prune may have moved the chunk since the plan was made, or another pack has it too.
    private async Task<PlannedChunk> ReadElsewhereAsync(
        ChunkId id, ChunkLocation lost, RepositoryCorruptException damage, CancellationToken cancellationToken)
    {
        try
        {
            if (await _repository.RelocateAsync(id, lost, damage.Damage, cancellationToken) is { } moved)
            {
                FrameLocation frame = _repository.Index.Frame(moved.Frame);
                return PlannedChunk.Plain(id, ChunkReader.Verify(id, moved, frame, await _reader.ReadAsync(frame, cancellationToken)));
            }
        }
        catch (RepositoryCorruptException e)
        {
            damage = e;
        }

        return PlannedChunk.Damaged(id, new RepositoryCorruptException(damage.Damage, damage.ObjectName, damage.Detail, id, damage));
    }

    private sealed class PlannedRange(PlannedFrame first)
    {
        public List<PlannedFrame> Frames { get; } = [first];

        public string ObjectName { get; } = first.Location.ObjectName;

        public int Start { get; } = first.Location.Offset;

        public int End => Frames[^1].End;

        public long PlainBytes { get; private set; } = first.Location.PlainBytes;

        public void Add(PlannedFrame frame)
        {
            Frames.Add(frame);
            PlainBytes += frame.Location.PlainBytes;
        }
    }
}
