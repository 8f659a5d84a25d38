using System.Net;
using System.Text;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// The keys in which each API server keeps its address: <c>PREFIX/masterleases/ADDRESS</c>, whatever the prefix, hanging on a
/// lease of seconds. Restored, they would send clients to API servers of the past until somebody removed them. Kubernetes hangs
/// nothing else on leases but events, whose names are never addresses.
/// </summary>
internal static class MasterLeases
{
    private const int AddressLengthMax = 64;

    private static ReadOnlySpan<byte> Folder => "/masterleases"u8;

    /// <summary>True when the entry writes such a key. Deletions are no such entries: they give nothing back.</summary>
    public static bool Contains(KeyBucketReader entry)
    {
        if (entry.IsTombstone || entry.RawValue.IsEmpty)
        {
            return false;
        }

        var record = entry.Record;
        return record.Lease != 0 && IsName(record.Key);
    }

    private static bool IsName(ReadOnlySpan<byte> key)
    {
        var slash = key.LastIndexOf((byte)'/');
        return slash > 0
            && key[..slash].EndsWith(Folder)
            && key.Length - slash - 1 is > 0 and <= AddressLengthMax
            && IPAddress.TryParse(Encoding.UTF8.GetString(key[(slash + 1)..]), out _);
    }
}
