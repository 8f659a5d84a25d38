namespace K8sBackup.Etcd.Bolt;

/// <summary>Numbers of the bolt file format, little-endian throughout (etcd.md section 2).</summary>
internal static class BoltFormat
{
    public const int PageHeaderBytes = 16;
    public const int ElementBytes = 16;
    public const int BucketHeaderBytes = 16;
    public const int MetaBytes = 64;
    public const int PageBytesMin = 1024;
    public const int PageBytesMax = 65536;
    public const int KeyBytesMax = 32768;

    public const ushort BranchFlag = 0x01;
    public const ushort LeafFlag = 0x02;
    public const ushort MetaFlag = 0x04;
    public const ushort FreelistFlag = 0x10;
    public const uint BucketElementFlag = 0x01;

    public const uint Magic = 0xED0CDAED;
    public const uint Version = 2;

    /// <summary>Written by a database that does not keep its freelist on disk, as etcd's never does.</summary>
    public const ulong NoFreelist = ulong.MaxValue;

    /// <summary>Deeper trees cannot be built from 2^48 pages with two children each, and bound the recursion.</summary>
    public const int DepthMax = 64;

    /// <summary>
    /// Largest leaf page with its overflow. etcd's largest request is 1.5 MiB by default and a leaf holds few such values,
    /// so 64 MiB is far above anything a server wrote, and bounds the memory a damaged overflow count can ask for.
    /// </summary>
    public const int LeafSpanBytesMax = 64 << 20;

    /// <summary>Largest branch page: bolt splits at the page size but keeps two keys, each at most 32 KiB.</summary>
    public const int BranchSpanBytesMax = 1 << 20;

    /// <summary>FNV-1a, 64 bits: the checksum of a meta page.</summary>
    public static ulong Fnv1A64(ReadOnlySpan<byte> data)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (var b in data)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return hash;
    }

    public static bool IsPageSize(uint size) =>
        size is >= PageBytesMin and <= PageBytesMax && (size & (size - 1)) == 0;
}
