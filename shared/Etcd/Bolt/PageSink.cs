using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Etcd.Bolt;

/// <summary>Appends page images to a file, handing out page ids in order from 2. Buffers 1 MiB so that pages do not cost a call each.</summary>
internal sealed class PageSink
{
    private const int BufferBytes = 1 << 20;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _written;
    private int _buffered;

    public PageSink(SafeFileHandle handle, int pageSize)
    {
        _handle = handle;
        PageSize = pageSize;
        _written = 2L * pageSize;
        NextPage = 2;
    }

    public int PageSize { get; }

    public ulong NextPage { get; private set; }

    /// <summary>Takes one page with its overflow; its length is a multiple of the page size and its id is <see cref="NextPage"/>.</summary>
    public void Append(ReadOnlySpan<byte> image)
    {
        NextPage += (ulong)(image.Length / PageSize);
        if (image.Length > BufferBytes - _buffered)
        {
            Flush();
        }

        if (image.Length > BufferBytes)
        {
            RandomAccess.Write(_handle, image, _written);
            _written += image.Length;
            return;
        }

        image.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += image.Length;
    }

    public void Flush()
    {
        RandomAccess.Write(_handle, _buffer.AsSpan(0, _buffered), _written);
        _written += _buffered;
        _buffered = 0;
    }
}
