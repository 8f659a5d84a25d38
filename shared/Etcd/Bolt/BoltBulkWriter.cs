using System.Buffers.Binary;
using K8sBackup.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// Writes a fresh bolt database from sorted input: pages in the order they are finished, no free page, no freelist on disk.
/// Order of calls: for each bucket, in ascending order of names, <see cref="BeginBucket"/>, <see cref="Add"/>*,
/// <see cref="EndBucket"/>; then <see cref="Finish"/> once. After a failure every later call fails with the first one.
/// The file is complete and on disk only when <see cref="Finish"/> returned; the caller renames it into place.
/// </summary>
public sealed class BoltBulkWriter : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly PageSink _sink;
    private readonly TreeWriter _root;
    private TreeWriter? _bucket;
    private byte[] _bucketName = [];
    private ulong _bucketSequence;
    private Exception? _failure;
    private bool _finished;

    private BoltBulkWriter(SafeFileHandle handle, int pageSize)
    {
        _handle = handle;
        _sink = new PageSink(handle, pageSize);
        _root = new TreeWriter(_sink);
    }

    /// <summary>Creates the file, mode 0600; it must not exist.</summary>
    /// <param name="path">The file to create.</param>
    /// <param name="pageSize">Bytes per page, a power of two from 1024 to 65536; etcd expects its host's page size, usually 4096.</param>
    public static BoltBulkWriter Create(string path, int pageSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (pageSize < 0 || !BoltFormat.IsPageSize((uint)pageSize))
        {
            throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, "not a power of two from 1024 to 65536");
        }

        return new BoltBulkWriter(PosixFile.CreateNew(path), pageSize);
    }

    /// <summary>Starts a top-level bucket.</summary>
    public void BeginBucket(ReadOnlySpan<byte> name, ulong sequence)
    {
        ThrowIfUnusable();
        if (_bucket is not null)
        {
            throw new InvalidOperationException("The bucket before was not ended.");
        }

        _bucketName = name.ToArray();
        _bucketSequence = sequence;
        _bucket = new TreeWriter(_sink);
    }

    /// <summary>Adds one entry to the open bucket; keys strictly ascend.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ThrowIfUnusable();
        try
        {
            OpenBucket().Add(0, key, value);
        }
        catch (Exception e) when (Remember(e))
        {
            throw;
        }
    }

    /// <summary>Ends the open bucket.</summary>
    public void EndBucket()
    {
        ThrowIfUnusable();
        try
        {
            Span<byte> header = stackalloc byte[BoltFormat.BucketHeaderBytes];
            BinaryPrimitives.WriteUInt64LittleEndian(header, OpenBucket().Finish());
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], _bucketSequence);
            _root.Add(BoltFormat.BucketElementFlag, _bucketName, header);
            _bucket = null;
        }
        catch (Exception e) when (Remember(e))
        {
            throw;
        }
    }

    /// <summary>Writes the root bucket and both meta pages and syncs the file. Returns its length in bytes.</summary>
    public long Finish()
    {
        ThrowIfUnusable();
        if (_bucket is not null)
        {
            throw new InvalidOperationException("The last bucket was not ended.");
        }

        try
        {
            var rootPage = _root.Finish();
            _sink.Flush();
            var pages = _sink.NextPage;

            // The data must be on disk before the meta pages that make it reachable.
            PosixFile.Sync(_handle);
            var metas = new byte[2 * _sink.PageSize];
            for (ulong id = 0; id < 2; id++)
            {
                new BoltMeta(_sink.PageSize, rootPage, 0, BoltFormat.NoFreelist, pages, 2 - id)
                    .Write(metas.AsSpan((int)id * _sink.PageSize, _sink.PageSize), id);
            }

            RandomAccess.Write(_handle, metas, 0);
            PosixFile.Sync(_handle);
            _finished = true;
            return (long)pages * _sink.PageSize;
        }
        catch (Exception e) when (Remember(e))
        {
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private TreeWriter OpenBucket() => _bucket ?? throw new InvalidOperationException("No bucket was begun.");

    private bool Remember(Exception failure)
    {
        _failure ??= failure;
        return true;
    }

    private void ThrowIfUnusable()
    {
        if (_failure is not null)
        {
            throw new InvalidOperationException("The writer failed before and its file is incomplete.", _failure);
        }

        if (_finished)
        {
            throw new InvalidOperationException("The writer has finished.");
        }
    }
}
