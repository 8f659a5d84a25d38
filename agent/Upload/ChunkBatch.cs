using K8sBackup.Model.Invariants;

namespace K8sBackup.Agent.Upload;

/// <summary>Plaintext of one large or many small chunks on the way from a reader to a worker. Owns its buffer.</summary>
internal sealed class ChunkBatch
{
    /// <summary>Small files come by the thousand: handing them over in batches costs a queue operation for each 256 KiB only.</summary>
    public const int FullBytes = 256 * 1024;

    private readonly List<Item> _items = [];

    public ChunkBatch(NativeBuffer buffer) => Buffer = buffer;

    public NativeBuffer Buffer { get; }

    public int Length { get; private set; }

    public IReadOnlyList<Item> Items => _items;

    public bool IsFull => Length >= FullBytes;

    /// <summary>True when a chunk of that length fits; one always fits an empty batch.</summary>
    public bool Fits(int length) => Length + length <= BufferPool.BufferBytes;

    /// <summary>Room for a chunk of that length, to be filled and then committed.</summary>
    public Span<byte> Free(int length) => Buffer.GetSpan().Slice(Length, length);

    /// <summary>Takes the next bytes, filled through <see cref="Free"/>, as a chunk of <paramref name="content"/>.</summary>
    public void Commit(PendingContent content, long fileOffset, int length)
    {
        Invariant.Check(Fits(length));
        _items.Add(new Item(content, content.Reserve(fileOffset, length), Length, length));
        Length += length;
    }

    /// <summary>Adds a copy of a chunk of <paramref name="content"/>.</summary>
    public void Add(PendingContent content, long fileOffset, ReadOnlySpan<byte> plaintext)
    {
        plaintext.CopyTo(Free(plaintext.Length));
        Commit(content, fileOffset, plaintext.Length);
    }

    public readonly record struct Item(PendingContent Content, int Place, int Offset, int Length);
}
