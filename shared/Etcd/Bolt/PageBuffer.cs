using System.Buffers.Binary;

namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// One page with its overflow in memory, completely checked when loaded: afterwards every element's key and value may be
/// sliced without further bounds tests. Reused for the next page at the same depth of the walk.
/// </summary>
internal sealed class PageBuffer
{
    private byte[] _bytes = [];
    private int _length;

    public ulong PageId { get; private set; }

    public bool IsLeaf { get; private set; }

    public int Count { get; private set; }

    /// <summary>Reads page <paramref name="pageId"/> of the file and checks all of it; marks it when the walk keeps marks.</summary>
    public void Load(BoltFile file, ulong pageId, PageVisits? visits)
    {
        var meta = file.Meta;
        if (pageId < 2 || pageId >= meta.HighWaterMark)
        {
            throw new CorruptDatabaseException(pageId, $"page id outside 2..{meta.HighWaterMark - 1}");
        }

        Reserve(meta.PageSize, 0);
        file.ReadExactly(_bytes.AsSpan(0, meta.PageSize), (long)pageId * meta.PageSize, pageId);
        var overflow = ReadHeader(pageId, pageId);
        if (overflow >= meta.HighWaterMark - pageId)
        {
            throw new CorruptDatabaseException(pageId, $"overflow of {overflow} pages passes the end of the database");
        }

        var span = (overflow + 1L) * meta.PageSize;
        if (span > (IsLeaf ? BoltFormat.LeafSpanBytesMax : BoltFormat.BranchSpanBytesMax))
        {
            throw new CorruptDatabaseException(pageId, $"page of {span} bytes is larger than any etcd writes");
        }

        visits?.Mark(pageId, overflow + 1UL);
        if (overflow > 0)
        {
            Reserve((int)span, meta.PageSize);
            file.ReadExactly(_bytes.AsSpan(meta.PageSize, (int)span - meta.PageSize), ((long)pageId + 1) * meta.PageSize, pageId);
        }

        _length = (int)span;
        CheckElements();
    }

    /// <summary>Takes the page image of an inline bucket; errors name the page that holds it.</summary>
    public void LoadInline(ReadOnlySpan<byte> image, ulong homePage)
    {
        if (image.Length < BoltFormat.PageHeaderBytes)
        {
            throw new CorruptDatabaseException(homePage, "inline bucket shorter than a page header");
        }

        Reserve(image.Length, 0);
        image.CopyTo(_bytes);
        _length = image.Length;
        if (ReadHeader(0, homePage) != 0 || !IsLeaf)
        {
            throw new CorruptDatabaseException(homePage, "inline bucket is not a single leaf");
        }

        CheckElements();
    }

    public ReadOnlySpan<byte> Key(int index)
    {
        var element = Element(index);
        var (pos, size) = IsLeaf
            ? (Read32(element + 4), Read32(element + 8))
            : (Read32(element), Read32(element + 4));
        return _bytes.AsSpan(element + (int)pos, (int)size);
    }

    public ReadOnlySpan<byte> Value(int index)
    {
        var element = Element(index);
        return _bytes.AsSpan(element + (int)(Read32(element + 4) + Read32(element + 8)), (int)Read32(element + 12));
    }

    public bool IsBucket(int index) => (Read32(Element(index)) & BoltFormat.BucketElementFlag) != 0;

    public ulong Child(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(Element(index) + 8));

    private static int Element(int index) => BoltFormat.PageHeaderBytes + (index * BoltFormat.ElementBytes);

    private uint Read32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    private uint ReadHeader(ulong expectedId, ulong reportedId)
    {
        PageId = reportedId;
        var id = BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
        if (id != expectedId)
        {
            throw new CorruptDatabaseException(reportedId, $"the header names page {id}");
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(8));
        if (flags is not (BoltFormat.BranchFlag or BoltFormat.LeafFlag))
        {
            throw new CorruptDatabaseException(reportedId, $"flags 0x{flags:x} are neither branch nor leaf");
        }

        IsLeaf = flags == BoltFormat.LeafFlag;
        Count = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(10));
        return Read32(12);
    }

    private void CheckElements()
    {
        var tableEnd = Element(Count);
        if (tableEnd > _length)
        {
            throw new CorruptDatabaseException(PageId, $"{Count} elements do not fit into {_length} bytes");
        }

        if (!IsLeaf && Count == 0)
        {
            throw new CorruptDatabaseException(PageId, "branch without children");
        }

        for (var i = 0; i < Count; i++)
        {
            CheckElement(i, tableEnd);
            if (i > 0 && Key(i - 1).SequenceCompareTo(Key(i)) >= 0)
            {
                throw new CorruptDatabaseException(PageId, $"key of element {i} is not above the one before it");
            }
        }
    }

    private void CheckElement(int index, int tableEnd)
    {
        var element = Element(index);
        long pos = Read32(element + (IsLeaf ? 4 : 0));
        long keyBytes = Read32(element + (IsLeaf ? 8 : 4));
        long valueBytes = IsLeaf ? Read32(element + 12) : 0;
        if (keyBytes is 0 or > BoltFormat.KeyBytesMax)
        {
            throw new CorruptDatabaseException(PageId, $"element {index} has a key of {keyBytes} bytes");
        }

        if (element + pos < tableEnd || element + pos + keyBytes + valueBytes > _length)
        {
            throw new CorruptDatabaseException(PageId, $"element {index} points outside its page");
        }

        if (IsLeaf && Read32(element) > BoltFormat.BucketElementFlag)
        {
            throw new CorruptDatabaseException(PageId, $"element {index} has unknown flags 0x{Read32(element):x}");
        }
    }

    private void Reserve(int bytes, int keep)
    {
        if (_bytes.Length < bytes)
        {
            var larger = new byte[Math.Max(bytes, BoltFormat.PageBytesMin)];
            _bytes.AsSpan(0, keep).CopyTo(larger);
            _bytes = larger;
        }
    }
}
