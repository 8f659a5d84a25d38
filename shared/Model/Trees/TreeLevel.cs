using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>The block being filled at one level of a tree: leaf entries at level 0, children above.</summary>
internal sealed class TreeLevel
{
    private readonly BlockEncoder _body = new();
    private readonly BlockEncoder _block = new();
    private readonly BlockEncoder _single = new();
    private readonly byte _level;
    private byte[] _previous = [];
    private byte[] _first = [];
    private int _count;
    private long _entries;
    private long _fileBytes;
    private long _pathBytes;

    public TreeLevel(int level) => _level = (byte)level;

    public bool IsEmpty => _count == 0;

    /// <summary>Blocks written from this level so far.</summary>
    public int Blocks { get; private set; }

    /// <summary>Bytes the entry takes alone.</summary>
    public int Measure(TreeEntry entry)
    {
        _single.Clear();
        EntryCodec.Encode(_single, [], entry);
        return _single.Length;
    }

    public bool HasRoomFor(int bytes) => _count == 0 || _body.Length + bytes <= TreeFormat.BlockBytesMax;

    public void Add(TreeEntry entry)
    {
        Begin(entry.Path);
        EntryCodec.Encode(_body, _previous, entry);
        End(entry.Path, 1, entry.Kind == EntryKind.File ? entry.Size : 0);
    }

    public void Add(TreeChild child)
    {
        Begin(child.FirstPath);
        _body.FrontCoded(_previous, child.FirstPath);
        _body.Id(child.Block);
        _body.Unsigned((ulong)child.Entries);
        _body.Unsigned((ulong)child.FileBytes);
        End(child.FirstPath, child.Entries, child.FileBytes);
    }

    /// <summary>True when the block should end after the entry just added.</summary>
    public bool EndsHere => _body.Length >= TreeFormat.BlockBytesMax
        || _pathBytes >= TreeFormat.BlockPathBytesMax
        || (_body.Length >= TreeFormat.BlockBytesMin && (PathHash(_previous) & TreeFormat.CutMask) == 0);

    /// <summary>Writes the block and gives what the level above keeps of it.</summary>
    public async ValueTask<TreeChild> FlushAsync(IChunkSink sink, CancellationToken cancellationToken)
    {
        _block.Clear();
        _block.Raw([TreeFormat.Magic, TreeFormat.TreeMagic, TreeFormat.Version, _level]);
        _block.Unsigned((ulong)_count);
        _block.Raw(_body.Written.Span);
        ChunkId id = await sink.AddAsync(_block.Written, cancellationToken).ConfigureAwait(false);
        TreeChild child = new(_first, id, _entries, _fileBytes);
        _body.Clear();
        _previous = [];
        _count = 0;
        _entries = 0;
        _fileBytes = 0;
        _pathBytes = 0;
        Blocks++;
        return child;
    }

    private void Begin(byte[] path)
    {
        if (_count == 0)
        {
            _first = path;
        }
    }

    private void End(byte[] path, long entries, long fileBytes)
    {
        _previous = path;
        _count++;
        _entries += entries;
        _fileBytes += fileBytes;
        _pathBytes += path.Length;
    }

    // FNV-1a, 64 bits, with a final mix because the low bits of FNV follow the last byte too closely.
    private static ulong PathHash(ReadOnlySpan<byte> path)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in path)
        {
            hash = (hash ^ b) * 1099511628211;
        }

        return hash ^ (hash >> 32);
    }
}
