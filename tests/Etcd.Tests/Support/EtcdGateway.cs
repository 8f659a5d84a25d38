using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Calls a real etcd through its own JSON gateway, so that test data does not pass through the code under test.</summary>
internal sealed class EtcdGateway : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly Uri _endpoint;

    public EtcdGateway(Uri endpoint)
    {
        _endpoint = endpoint;
    }

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public Task<JsonElement> PutAsync(string key, byte[] value, long lease = 0) =>
        CallAsync("kv/put", new { key = Base64(key), value = Convert.ToBase64String(value), lease = lease.ToString(CultureInfo.InvariantCulture) });

    public Task<JsonElement> DeleteAsync(string key) => CallAsync("kv/deleterange", new { key = Base64(key) });

    public async Task<long> RevisionAsync() =>
        Number((await CallAsync("kv/range", new { key = Base64("\0"), range_end = Base64("\0"), count_only = true })).GetProperty("header"), "revision");

    public async Task<long> CountAsync() =>
        Number(await CallAsync("kv/range", new { key = Base64("\0"), range_end = Base64("\0"), count_only = true }), "count");

    public async Task<byte[]?> GetAsync(string key)
    {
        var answer = await CallAsync("kv/range", new { key = Base64(key) });
        return answer.TryGetProperty("kvs", out var kvs)
            ? kvs[0].TryGetProperty("value", out var value) ? value.GetBytesFromBase64() : []
            : null;
    }

    /// <summary>Every key with all that is known of it.</summary>
    public async Task<List<StoredKey>> AllAsync()
    {
        var answer = await CallAsync("kv/range", new { key = Base64("\0"), range_end = Base64("\0") });
        return !answer.TryGetProperty("kvs", out var kvs)
            ? []
            : [.. kvs.EnumerateArray().Select(kv => new StoredKey(
                Encoding.UTF8.GetString(kv.GetProperty("key").GetBytesFromBase64()),
                kv.TryGetProperty("value", out var value) ? value.GetString()! : "",
                Number(kv, "create_revision"), Number(kv, "mod_revision"), Number(kv, "version"), Number(kv, "lease")))];
    }

    public Task<JsonElement> CompactAsync(long revision, bool physical) => CallAsync("kv/compaction", new { revision, physical });

    public async Task<long> GrantAsync(long seconds) => Number(await CallAsync("lease/grant", new { TTL = seconds }), "ID");

    public Task<JsonElement> TxnAsync(IEnumerable<(string Key, byte[]? Value)> changes) => CallAsync(
        "kv/txn",
        new
        {
            success = changes.Select(change => change.Value is null
                ? (object)new { request_delete_range = new { key = Base64(change.Key) } }
                : new { request_put = new { key = Base64(change.Key), value = Convert.ToBase64String(change.Value) } }).ToArray(),
        });

    public async Task<JsonElement> CallAsync(string path, object body)
    {
        using var response = await _http.PostAsJsonAsync(new Uri(_endpoint, "/v3/" + path), body, JsonSerializerOptions.Default);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{path}: {text}");
    }

    public void Dispose() => _http.Dispose();

    // The gateway prints 64-bit numbers as strings and leaves out zeros.
    private static long Number(JsonElement element, string name) => !element.TryGetProperty(name, out var value)
        ? 0
        : value.ValueKind == JsonValueKind.String
            ? long.Parse(value.GetString()!, CultureInfo.InvariantCulture)
            : value.GetInt64();
}
