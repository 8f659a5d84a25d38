namespace K8sBackup.Repository.Index;

/// <summary>Gives the tables of an index their arrays: memory up to a limit, mapped files beyond it. Not thread-safe.</summary>
internal sealed class IndexMemory
{
    // A mapping for each small array would be more work than memory.
    private const long PagedMin = 256 << 10;

    private readonly IndexPaging? _paging;
    private long _bytesInMemory;

    public IndexMemory(IndexPaging? paging = null)
    {
        _paging = paging;
        RemoveLeftovers();
    }

    /// <summary>Bytes of arrays in files.</summary>
    public long BytesPaged { get; private set; }

    /// <summary>A zeroed array. When no file can be made, because the disk is full for example, it is memory after all.</summary>
    public NativeBuffer<T> Allocate<T>(long length)
        where T : unmanaged
    {
        NativeBuffer<T> buffer = Paged<T>(length) ?? new NativeBuffer<T>(length);
        if (buffer.IsPaged)
        {
            BytesPaged += buffer.Bytes;
        }
        else
        {
            _bytesInMemory += buffer.Bytes;
        }

        return buffer;
    }

    /// <summary>Frees an array.</summary>
    public void Free<T>(NativeBuffer<T> buffer)
        where T : unmanaged
    {
        if (buffer.IsPaged)
        {
            BytesPaged -= buffer.Bytes;
        }
        else
        {
            _bytesInMemory -= buffer.Bytes;
        }

        buffer.Dispose();
    }

    private NativeBuffer<T>? Paged<T>(long length)
        where T : unmanaged
    {
        long bytes = length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        if (_paging is null || bytes < PagedMin || _bytesInMemory + bytes <= _paging.BytesInMemory)
        {
            return null;
        }

        try
        {
            return new NativeBuffer<T>(PageFile.Create(_paging.Directory, bytes), length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void RemoveLeftovers()
    {
        try
        {
            if (_paging is not null)
            {
                PageFile.RemoveLeftovers(_paging.Directory);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where none can be removed none can be made, and memory is used instead.
        }
    }
}
