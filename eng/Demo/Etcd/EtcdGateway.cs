using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace K8sBackup.Demo.Etcd;

/// <summary>
/// etcd through its own JSON gateway, so that filling and comparing owe nothing to the client they judge
/// (etcd 3.4, "gRPC gateway": /v3/kv/..., keys and values in base64).
/// </summary>
internal sealed class EtcdGateway : IDisposable
{
    /// <summary>etcd's default for --max-txn-ops.</summary>
    public const int TransactionOperationsMax = 128;

    private const int PageKeys = 500;

    private readonly HttpClient _client;

    public EtcdGateway(Uri endpoint, X509Certificate2 certificate, X509ChainPolicy trust)
    {
        SocketsHttpHandler handler = new()
        {
            SslOptions = new SslClientAuthenticationOptions { ClientCertificates = [certificate], CertificateChainPolicy = trust },
        };
        _client = new HttpClient(handler) { BaseAddress = endpoint, Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>True when etcd says it is healthy; false also when nobody answers.</summary>
    public async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.GetStringAsync("/health", cancellationToken)).Contains("\"true\"", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Writes up to <see cref="TransactionOperationsMax"/> keys at one revision, and gives the revision.</summary>
    public async Task<long> PutAsync(IEnumerable<KeyValuePair<string, byte[]>> pairs, CancellationToken cancellationToken)
    {
        JsonArray operations = [.. pairs.Select(pair => (JsonNode)new JsonObject
        {
            ["requestPut"] = new JsonObject { ["key"] = Encode(pair.Key), ["value"] = Convert.ToBase64String(pair.Value) },
        })];
        return Revision(await PostAsync("/v3/kv/txn", new JsonObject { ["success"] = operations }, cancellationToken));
    }

    public async Task<long> DeleteAsync(string key, CancellationToken cancellationToken) =>
        Revision(await PostAsync("/v3/kv/deleterange", new JsonObject { ["key"] = Encode(key) }, cancellationToken));

    public Task CompactAsync(long revision, CancellationToken cancellationToken) =>
        PostAsync("/v3/kv/compaction", new JsonObject { ["revision"] = revision, ["physical"] = true }, cancellationToken);

    /// <summary>All keys with value, version and the revisions of creation and last change, and the current revision.</summary>
    public async Task<EtcdContents> ReadAllAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> keys = new(StringComparer.Ordinal);
        string from = Convert.ToBase64String([0]);
        long revision = 0;
        while (true)
        {
            JsonObject request = new() { ["key"] = from, ["range_end"] = Convert.ToBase64String([0]), ["limit"] = PageKeys, ["revision"] = revision };
            JsonObject page = await PostAsync("/v3/kv/range", request, cancellationToken);
            revision = revision == 0 ? Revision(page) : revision;
            byte[] last = [];
            foreach (JsonNode? pair in page["kvs"]?.AsArray() ?? [])
            {
                last = Convert.FromBase64String(pair!["key"]!.GetValue<string>());
                keys[Encoding.UTF8.GetString(last)] =
                    $"{pair["value"]?.GetValue<string>()} created {Text(pair["create_revision"])} changed {Text(pair["mod_revision"])} version {Text(pair["version"])}";
            }

            if (page["more"]?.GetValue<bool>() != true)
            {
                return new EtcdContents(keys, revision);
            }

            from = Convert.ToBase64String([.. last, 0]);
        }
    }

    /// <summary>True when etcd refuses to read at that revision because it is compacted.</summary>
    public async Task<bool> IsCompactedAsync(long revision, CancellationToken cancellationToken)
    {
        JsonObject request = new() { ["key"] = Encode("/"), ["revision"] = revision };
        using HttpResponseMessage response = await _client.PostAsJsonAsync("/v3/kv/range", request, cancellationToken);
        return (await response.Content.ReadAsStringAsync(cancellationToken)).Contains("compacted", StringComparison.Ordinal);
    }

    public void Dispose() => _client.Dispose();

    private static string Encode(string key) => Convert.ToBase64String(Encoding.UTF8.GetBytes(key));

    // Whole numbers of 64 bits are texts in the gateway's JSON.
    private static long Revision(JsonObject response) =>
        long.Parse(response["header"]!["revision"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "0";

    private async Task<JsonObject> PostAsync(string path, JsonObject request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _client.PostAsJsonAsync(path, request, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonObject>(text)!
            : throw new InvalidOperationException($"etcd refused {path}: {text}");
    }
}
