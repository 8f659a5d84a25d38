using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.DataDir;

/// <summary>A small bucket held in memory while it is changed.</summary>
internal sealed class BucketContents
{
    // The meta and cluster buckets hold a handful of short entries.
    private const int BytesMax = 4 << 20;

    private readonly SortedDictionary<byte[], byte[]> _entries = new(ByteOrder.Instance);

    public static BucketContents Read(BoltFile file, BoltBucket? bucket)
    {
        var contents = new BucketContents();
        if (bucket is null)
        {
            return contents;
        }

        var bytes = 0;
        var cursor = file.OpenCursor(bucket);
        while (cursor.MoveNext())
        {
            bytes += cursor.Key.Length + cursor.Value.Length;
            if (bytes > BytesMax)
            {
                throw new CorruptDatabaseException(cursor.PageId, "a bucket of settings is larger than 4 MiB");
            }

            contents.Set(cursor.Key, cursor.Value);
        }

        return contents;
    }

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _entries[key.ToArray()] = value.ToArray();

    public void Remove(ReadOnlySpan<byte> key) => _entries.Remove(key.ToArray());

    public void WriteTo(BoltBulkWriter writer)
    {
        foreach (var (key, value) in _entries)
        {
            writer.Add(key, value);
        }
    }
}
