using System.Buffers.Binary;

namespace K8sBackup.Etcd.Bolt;

/// <summary>The content of one valid meta page.</summary>
/// <param name="PageSize">Bytes per page, a power of two from 1024 to 65536.</param>
/// <param name="RootPage">Page of the root bucket.</param>
/// <param name="RootSequence">Sequence of the root bucket; unused by etcd.</param>
/// <param name="FreelistPage">Page of the freelist, or 2^64-1 when none is kept on disk.</param>
/// <param name="HighWaterMark">First page id that was never allocated; the database is this many pages long.</param>
/// <param name="TransactionId">The transaction that wrote this meta page; the higher of two valid ones counts.</param>
public readonly record struct BoltMeta(
    int PageSize,
    ulong RootPage,
    ulong RootSequence,
    ulong FreelistPage,
    ulong HighWaterMark,
    ulong TransactionId)
{
    private const int ChecksumOffset = 56;

    /// <summary>Bytes covered by the database; a snapshot stream has exactly these, a database file at least these.</summary>
    public long DatabaseBytes => (long)HighWaterMark * PageSize;

    /// <summary>Reads a meta page; false when magic, version, page size or checksum do not hold.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> page, out BoltMeta meta)
    {
        meta = default;
        if (page.Length < BoltFormat.PageHeaderBytes + BoltFormat.MetaBytes)
        {
            return false;
        }

        var body = page.Slice(BoltFormat.PageHeaderBytes, BoltFormat.MetaBytes);
        var pageSize = BinaryPrimitives.ReadUInt32LittleEndian(body[8..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(body) != BoltFormat.Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) != BoltFormat.Version
            || !BoltFormat.IsPageSize(pageSize)
            || BinaryPrimitives.ReadUInt64LittleEndian(body[ChecksumOffset..]) != BoltFormat.Fnv1A64(body[..ChecksumOffset]))
        {
            return false;
        }

        meta = new BoltMeta(
            (int)pageSize,
            BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[48..]));
        return true;
    }

    /// <summary>Writes a whole meta page image for page <paramref name="pageId"/> (0 or 1).</summary>
    internal void Write(Span<byte> page, ulong pageId)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, pageId);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], BoltFormat.MetaFlag);
        var body = page.Slice(BoltFormat.PageHeaderBytes, BoltFormat.MetaBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body, BoltFormat.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], BoltFormat.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)PageSize);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], RootPage);
        BinaryPrimitives.WriteUInt64LittleEndian(body[24..], RootSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(body[32..], FreelistPage);
        BinaryPrimitives.WriteUInt64LittleEndian(body[40..], HighWaterMark);
        BinaryPrimitives.WriteUInt64LittleEndian(body[48..], TransactionId);
        BinaryPrimitives.WriteUInt64LittleEndian(body[ChecksumOffset..], BoltFormat.Fnv1A64(body[..ChecksumOffset]));
    }
}
