using System.Globalization;
using System.Text.Json;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Asks a member for its HashKV through etcdctl.</summary>
internal static class HashKv
{
    /// <summary>The hash at a revision (0: current) and the compact revision the member had, -1 when it never compacted.</summary>
    public static async Task<(uint Hash, long CompactRevision)> OfAsync(EtcdServer server, long revision)
    {
        var rev = revision.ToString(CultureInfo.InvariantCulture);
        using var answer = JsonDocument.Parse(await server.EtcdctlAsync("endpoint", "hashkv", "--rev", rev, "-w", "json"));
        var hash = answer.RootElement[0].GetProperty("HashKV");
        return (
            hash.GetProperty("hash").GetUInt32(),
            hash.TryGetProperty("compact_revision", out var compact) ? compact.GetInt64() : 0);
    }
}
