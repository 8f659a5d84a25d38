using System.Runtime.InteropServices;
using K8sBackup.FileTree.Native;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Reading;

/// <summary>
/// Leaves the kernel's page cache as it was: which pages of a stretch were there is noted before anything of it is read
/// (and read ahead), and only the others are dropped after they were read. Where the kernel does not tell, all count as
/// having been there. Sequential readers of any speed; not thread-safe.
/// </summary>
internal sealed unsafe class PageCache
{
    // 32 KiB of notes. At its end, what was read ahead of it counts as having been there: too much stays, never too little.
    private const int StretchBytes = 128 * 1024 * 1024;

    private const int StepBytes = 8 * 1024 * 1024;
    private const int GroupBytes = 4 * 1024 * 1024;
    private const int AdviceDrop = 4;
    private const int ProtectNone = 0;
    private const int MapShared = 1;

    // struct cachestat: pages cached, dirty, in writeback, evicted, evicted lately.
    private const int CacheStatWords = 5;

    private static readonly int PageBytes = Environment.SystemPageSize;

    private static volatile bool _isUntold;

    private readonly SafeFileHandle _file;
    private long _start;
    private byte[] _resident = [];
    private long _read;
    private long _dropped;

    public PageCache(SafeFileHandle file) => _file = file;

    /// <summary>To be called before every read; looks at a new stretch when the read begins beyond the last.</summary>
    public void BeforeRead(long offset, int length, long fileBytes)
    {
        bool noted = offset >= _start && offset + length <= _start + ((long)_resident.Length * PageBytes);
        if (length > 0 && !noted)
        {
            Drop();
            _start = offset / PageBytes * PageBytes;
            _dropped = _read = 0;
            _resident = Look(_start, Math.Min(Math.Max(StretchBytes, length), fileBytes - _start));
        }
    }

    /// <summary>Drops behind the reader, in large steps.</summary>
    public void AfterRead(long offset, int length)
    {
        _read = Math.Max(_read, offset + length - _start);
        if (_read - _dropped >= StepBytes)
        {
            Drop();
        }
    }

    /// <summary>Drops the pages of what was read, except those that had been there.</summary>
    public void Drop()
    {
        // Pages are cached in groups, and a group is dropped only as a whole: what was cut by the last step goes with this.
        int page = (int)(Math.Max(0, _dropped - GroupBytes) / PageBytes);
        int end = (int)Math.Min(_resident.Length, (_read + PageBytes - 1) / PageBytes);
        _dropped = _read;
        while (page < end)
        {
            int from = page;
            while (page < end && _resident[page] == 0)
            {
                page++;
            }

            if (page > from)
            {
                _ = Libc.Advise(_file, _start + ((long)from * PageBytes), (long)(page - from) * PageBytes, AdviceDrop);
            }

            page++;
        }
    }

    private byte[] Look(long start, long length)
    {
        byte[] pages = new byte[(length + PageBytes - 1) / PageBytes];
        if (Cached(start, length) is { } cached && (cached == 0 || cached >= pages.Length))
        {
            pages.AsSpan().Fill(cached == 0 ? (byte)0 : (byte)1);
            return pages;
        }

        void* address = Libc.Map(null, (nuint)length, ProtectNone, MapShared, _file, start);
        if ((nint)address == -1)
        {
            return [];
        }

        fixed (byte* result = pages)
        {
            bool told = Libc.ResidentPages(address, (nuint)length, result) == 0;
            _ = Libc.Unmap(address, (nuint)length);
            return told ? pages : [];
        }
    }

    // How many pages of it are there, which is mostly all or none; asking for each takes three calls. Linux 6.5 tells; null where it does not.
    private long? Cached(long start, long length)
    {
        if (_isUntold)
        {
            return null;
        }

        ulong* range = stackalloc ulong[2] { (ulong)start, (ulong)length };
        ulong* result = stackalloc ulong[CacheStatWords];
        if (Libc.CacheStat(Libc.SysCacheStat, _file, range, result, 0) == 0)
        {
            return (long)result[0];
        }

        _isUntold = Marshal.GetLastPInvokeError() == Errno.NotImplemented;
        return null;
    }
}
