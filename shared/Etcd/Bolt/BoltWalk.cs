using System.Buffers.Binary;

namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// The structural check (level V2): visits every page reachable from the meta page once and checks all of it. Bolt pages
/// carry no checksum, so this proves a usable tree, not unchanged values; hashes of the key space do that.
/// </summary>
public static class BoltWalk
{
    /// <summary>Walks all buckets, nested ones included.</summary>
    /// <exception cref="CorruptDatabaseException">A page breaks a rule of the format.</exception>
    public static BoltWalkReport Check(BoltFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        var visits = new PageVisits(file.Meta.HighWaterMark);
        long buckets = 0;
        long entries = 0;

        // Depth-first with an explicit list of open cursors, so that nesting cannot exhaust the stack.
        var open = new Stack<BoltCursor>();
        open.Push(file.OpenCursor(file.Root, visits));
        while (open.TryPeek(out var cursor))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!cursor.MoveNext())
            {
                open.Pop();
            }
            else if (!cursor.IsBucket)
            {
                entries++;
            }
            else
            {
                if (open.Count >= BoltFormat.DepthMax)
                {
                    throw new CorruptDatabaseException(cursor.PageId, $"buckets nested deeper than {BoltFormat.DepthMax}");
                }

                buckets++;
                open.Push(file.OpenCursor(cursor.ReadBucket(), visits));
            }
        }

        var free = CheckFreelist(file, visits);
        return new BoltWalkReport(buckets, entries, visits.Count - free, free);
    }

    /// <summary>Checks a freelist kept on disk: its page, its ids, and that no free page is also in use.</summary>
    internal static long CheckFreelist(BoltFile file, PageVisits visits)
    {
        var meta = file.Meta;
        var page = meta.FreelistPage;
        if (page == BoltFormat.NoFreelist)
        {
            return 0;
        }

        if (page < 2 || page >= meta.HighWaterMark)
        {
            throw new CorruptDatabaseException(page, "freelist page outside the database");
        }

        Span<byte> word = stackalloc byte[BoltFormat.PageHeaderBytes];
        var offset = (long)page * meta.PageSize;
        file.ReadExactly(word, offset, page);
        var overflow = BinaryPrimitives.ReadUInt32LittleEndian(word[12..]);
        ulong count = BinaryPrimitives.ReadUInt16LittleEndian(word[10..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(word) != page
            || BinaryPrimitives.ReadUInt16LittleEndian(word[8..]) != BoltFormat.FreelistFlag
            || overflow >= meta.HighWaterMark - page)
        {
            throw new CorruptDatabaseException(page, "not a freelist page");
        }

        visits.Mark(page, overflow + 1UL);
        var ids = (ulong)(((overflow + 1L) * meta.PageSize) - BoltFormat.PageHeaderBytes) / 8;
        offset += BoltFormat.PageHeaderBytes;
        if (count == ushort.MaxValue)
        {
            file.ReadExactly(word[..8], offset, page);
            count = BinaryPrimitives.ReadUInt64LittleEndian(word);
            offset += 8;
            ids--;
        }

        if (count > ids)
        {
            throw new CorruptDatabaseException(page, $"freelist of {count} ids does not fit into its pages");
        }

        for (ulong i = 0; i < count; i++)
        {
            file.ReadExactly(word[..8], offset + ((long)i * 8), page);
            var id = BinaryPrimitives.ReadUInt64LittleEndian(word);
            if (id < 2 || id >= meta.HighWaterMark)
            {
                throw new CorruptDatabaseException(page, $"freelist names page {id}, outside the database");
            }

            visits.Mark(id, 1);
        }

        return (long)count;
    }
}
