using K8sBackup.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// A bolt database read through ordinary positioned reads: no memory map, no lock, no write. Memory is one page per tree
/// level plus one bit per page. The file must not change while it is open; a live database needs a snapshot first.
/// </summary>
public sealed class BoltFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private BoltFile(SafeFileHandle handle, BoltMeta meta)
    {
        _handle = handle;
        Meta = meta;
    }

    /// <summary>The valid meta page with the highest transaction.</summary>
    public BoltMeta Meta { get; }

    /// <summary>The bucket that holds all others.</summary>
    public BoltBucket Root => new(ReadOnlyMemory<byte>.Empty, Meta.RootPage, Meta.RootSequence, ReadOnlyMemory<byte>.Empty, 0);

    /// <summary>Opens a database file or snapshot; bytes after the last page (a digest) are ignored.</summary>
    /// <exception cref="CorruptDatabaseException">No valid meta page, or the file is shorter than it says.</exception>
    /// <exception cref="IOException">The file could not be opened or read.</exception>
    public static BoltFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var handle = PosixFile.OpenRead(path);
        try
        {
            return new BoltFile(handle, SelectMeta(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens a cursor that checks its pages against nothing but itself.</summary>
    public BoltCursor OpenCursor(BoltBucket bucket) => OpenCursor(bucket, new PageVisits(Meta.HighWaterMark));

    /// <summary>Finds a top-level bucket by name; null when there is none.</summary>
    public BoltBucket? FindBucket(ReadOnlySpan<byte> name)
    {
        var cursor = OpenCursor(Root);
        while (cursor.MoveNext())
        {
            if (cursor.IsBucket && cursor.Key.SequenceEqual(name))
            {
                return cursor.ReadBucket();
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    internal BoltCursor OpenCursor(BoltBucket bucket, PageVisits visits) => new(this, bucket, visits);

    internal void ReadExactly(Span<byte> buffer, long offset, ulong pageId)
    {
        if (!TryRead(_handle, buffer, offset))
        {
            throw new CorruptDatabaseException(pageId, "the file ends inside the page");
        }
    }

    private static BoltMeta SelectMeta(SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        var first = ReadMeta(handle, 0);
        var second = first is null ? ProbeSecondMeta(handle) : ReadMeta(handle, first.Value.PageSize);
        var best = first is null || second?.TransactionId > first.Value.TransactionId ? second : first;
        var meta = best ?? throw new CorruptDatabaseException(0, "neither meta page is valid");
        if (meta.HighWaterMark < 3 || meta.HighWaterMark > (ulong)(length / meta.PageSize))
        {
            throw new CorruptDatabaseException(
                meta.TransactionId % 2, $"{meta.HighWaterMark} pages of {meta.PageSize} bytes are claimed, the file has {length} bytes");
        }

        return meta;
    }

    // With a damaged page 0 nobody knows the page size, so page 1 is looked for where each size would put it.
    private static BoltMeta? ProbeSecondMeta(SafeFileHandle handle)
    {
        for (var size = BoltFormat.PageBytesMin; size <= BoltFormat.PageBytesMax; size *= 2)
        {
            if (ReadMeta(handle, size) is { } meta && meta.PageSize == size)
            {
                return meta;
            }
        }

        return null;
    }

    private static BoltMeta? ReadMeta(SafeFileHandle handle, long offset)
    {
        Span<byte> page = stackalloc byte[BoltFormat.PageHeaderBytes + BoltFormat.MetaBytes];
        return TryRead(handle, page, offset) && BoltMeta.TryParse(page, out var meta) ? meta : null;
    }

    private static bool TryRead(SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        while (buffer.Length > 0)
        {
            var read = RandomAccess.Read(handle, buffer, offset);
            if (read == 0)
            {
                return false;
            }

            buffer = buffer[read..];
            offset += read;
        }

        return true;
    }
}
