using K8sBackup.Repository.Format;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Index;

/// <summary>
/// Where every durable chunk is, in memory. Cost per million chunks: 35 to 44 MB for the table, and 16 bytes for each frame, which is
/// 16 MB more when every chunk has a frame of its own; the numbers of frames of dropped packs are not used again. Thread-safe.
/// A chunk in several packs has one place: in a pack that is neither dropped nor condemned where there is one. What condemned packs hold
/// is found by readers and hidden from writers.
/// </summary>
internal sealed partial class ChunkIndex : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IndexMemory _memory;
    private readonly ChunkTable _chunks;
    private readonly List<IndexedPack> _packs = [];
    private readonly List<PackState> _states = [];
    private readonly Dictionary<ObjectId, uint> _numbers = [];
    private NativeBuffer<FrameEntry> _frames;
    private uint _frameCount;
    private int _impaired;

    public ChunkIndex(IndexPaging? paging = null)
    {
        _memory = new IndexMemory(paging);
        _chunks = new ChunkTable(_memory);
        _frames = _memory.Allocate<FrameEntry>(1024);
    }

    public long ChunkCount
    {
        get
        {
            lock (_gate)
            {
                return _chunks.Count;
            }
        }
    }

    public uint FrameCount
    {
        get
        {
            lock (_gate)
            {
                return _frameCount;
            }
        }
    }

    public long MemoryBytes
    {
        get
        {
            lock (_gate)
            {
                return _chunks.MemoryBytes + _frames.Bytes - _memory.BytesPaged;
            }
        }
    }

    /// <summary>Bytes of the index in files.</summary>
    public long PagedBytes
    {
        get
        {
            lock (_gate)
            {
                return _memory.BytesPaged;
            }
        }
    }

    /// <summary>Packs added so far, dropped ones included: the number the next one gets.</summary>
    public uint PacksAdded
    {
        get
        {
            lock (_gate)
            {
                return (uint)_packs.Count;
            }
        }
    }

    public bool TryFind(StoreChunkId id, out ChunkLocation location)
    {
        lock (_gate)
        {
            return _chunks.TryFind(id, out location) && (_impaired == 0 || !StateLocked(location).Dropped);
        }
    }

    public bool Contains(StoreChunkId id) => TryFind(id, out _);

    public bool ContainsPack(ObjectId pack)
    {
        lock (_gate)
        {
            return _numbers.TryGetValue(pack, out uint number) && !_states[(int)number].Dropped;
        }
    }

    public FrameLocation Frame(uint frame)
    {
        lock (_gate)
        {
            FrameEntry entry = _frames[frame];
            IndexedPack pack = _packs[(int)entry.Pack];
            return new FrameLocation(
                pack.Header,
                frame - pack.FirstFrame,
                entry.Offset,
                entry.SealedBytes,
                (int)(entry.PlainAndEncoding >> 2),
                (FrameEncoding)(entry.PlainAndEncoding & 3));
        }
    }

    /// <summary>A copy of the list of packs that are not dropped.</summary>
    public IReadOnlyList<IndexedPack> Packs()
    {
        lock (_gate)
        {
            return [.. _packs.Where(p => !_states[(int)p.Number].Dropped)];
        }
    }

    /// <summary>Adds a pack with its chunks. A chunk that is known keeps its place, unless that is a dropped or condemned pack and this one is not.</summary>
    public void Add(PackDirectory directory)
    {
        lock (_gate)
        {
            if (_numbers.TryGetValue(directory.Pack, out uint known))
            {
                if (_impaired > 0 && !_states[(int)known].Dropped)
                {
                    OfferLocked(_packs[(int)known], directory);
                }

                return;
            }

            IndexedPack pack = new((uint)_packs.Count, directory.Header, directory.PackBytes, _frameCount, directory.Frames.Count);
            _numbers.Add(directory.Pack, pack.Number);
            _packs.Add(pack);
            long condemnedAt = _condemnedAt.GetValueOrDefault(directory.Pack);
            PackState fresh = new() { CondemnedAt = condemnedAt, Distrusted = _distrusted.Contains(directory.Pack) };
            _states.Add(fresh);
            _impaired += fresh is { CondemnedAt: 0, Distrusted: false } ? 0 : 1;
            AddFramesLocked(pack, directory);
            OfferLocked(pack, directory);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _chunks.Dispose();
            _memory.Free(_frames);
        }
    }

    private void AddFramesLocked(IndexedPack pack, PackDirectory directory)
    {
        if (_frames.Length < _frameCount + directory.Frames.Count)
        {
            GrowFramesLocked(_frameCount + directory.Frames.Count);
        }

        foreach (PackFrame frame in directory.Frames)
        {
            _frames[_frameCount++] = new FrameEntry
            {
                Pack = pack.Number,
                Offset = frame.Offset,
                SealedBytes = frame.SealedBytes,
                PlainAndEncoding = ((uint)frame.PlainBytes << 2) | (uint)frame.Encoding,
            };
        }
    }

    private void GrowFramesLocked(long needed)
    {
        NativeBuffer<FrameEntry> larger = _memory.Allocate<FrameEntry>(Math.Max(needed, _frames.Length * 5 / 4));
        for (long i = 0; i < _frameCount; i++)
        {
            larger[i] = _frames[i];
        }

        _memory.Free(_frames);
        _frames = larger;
    }

    private void OfferLocked(IndexedPack pack, PackDirectory directory)
    {
        bool usable = _states[(int)pack.Number] is { Dropped: false, Distrusted: false, CondemnedAt: 0 };
        uint number = pack.FirstFrame;
        foreach (PackFrame frame in directory.Frames)
        {
            int offset = 0;
            for (int i = 0; i < frame.Chunks; i++)
            {
                PackChunk chunk = directory.Chunks[frame.FirstChunk + i];
                ChunkLocation location = new(number, offset, chunk.Length);
                if (!_chunks.TryAdd(chunk.Id, location) && _impaired > 0 && _chunks.TryFind(chunk.Id, out ChunkLocation present))
                {
                    PackState state = StateLocked(present);
                    if (state.Dropped || (usable && (state.Distrusted || state.CondemnedAt != 0)))
                    {
                        _chunks.Move(chunk.Id, location);
                    }
                }

                offset += chunk.Length;
            }

            number++;
        }
    }

    private PackState StateLocked(ChunkLocation location) => _states[(int)_frames[location.Frame].Pack];

    private struct FrameEntry
    {
        public uint Pack;
        public int Offset;
        public int SealedBytes;
        public uint PlainAndEncoding;
    }
}
