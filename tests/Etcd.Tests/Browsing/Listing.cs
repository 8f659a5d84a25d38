using System.Globalization;
using System.Text;
using System.Text.Json;
using K8sBackup.Etcd.Browsing;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Browsing;

/// <summary>Key spaces as lines of text, ours and those etcdctl prints, so that they can be compared whole.</summary>
internal static class Listing
{
    public static async Task<List<string>> OfAsync(IKeySpace space, KeyRange? range = null)
    {
        var lines = new List<string>();
        await foreach (var record in space.ReadAsync(range ?? KeyRange.All, CancellationToken.None))
        {
            lines.Add(Line(record.Key.Span, record.CreateRevision, record.ModRevision, record.Version, record.Lease, record.Value.Span));
        }

        return lines;
    }

    public static async Task<List<string>> OfAsync(EtcdServer server, long revision, string prefix = "")
    {
        var text = await server.EtcdctlAsync(
            "get", prefix, "--prefix", "--rev", revision.ToString(CultureInfo.InvariantCulture), "-w", "json");
        using var answer = JsonDocument.Parse(text);
        return !answer.RootElement.TryGetProperty("kvs", out var kvs)
            ? []
            : [.. kvs.EnumerateArray().Select(kv => Line(
                kv.GetProperty("key").GetBytesFromBase64(),
                kv.GetProperty("create_revision").GetInt64(),
                kv.GetProperty("mod_revision").GetInt64(),
                kv.GetProperty("version").GetInt64(),
                kv.TryGetProperty("lease", out var lease) ? lease.GetInt64() : 0,
                kv.TryGetProperty("value", out var value) ? value.GetBytesFromBase64() : []))];
    }

    private static string Line(ReadOnlySpan<byte> key, long create, long mod, long version, long lease, ReadOnlySpan<byte> value) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Encoding.Latin1.GetString(key)} {create} {mod} {version} {lease} {Convert.ToBase64String(value)}");
}
