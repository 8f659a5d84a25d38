using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;
using K8sBackup.Kubernetes.Tests;
using K8sBackup.TestKit;

namespace K8sBackup.Cli.Tests.Inside;

/// <summary>A real etcd with objects of every sort in it, and a snapshot of it; etcd keeps running.</summary>
public sealed class InsideFixture : IAsyncLifetime
{
    public const string Password = "hunter2-of-the-shop";
    public const string Sealed = "sealed-in-aescbc";

    private static readonly byte[] EncryptionKey = Enumerable.Range(1, 32).Select(i => (byte)i).ToArray();
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    public EtcdServer Etcd { get; private set; } = null!;

    public string Folder => _directory.Path;

    public string Snapshot => Path.Combine(Folder, "snapshot.db");

    /// <summary>An EncryptionConfiguration with the right key, and one with another of the same name.</summary>
    public string Keys => Path.Combine(Folder, "keys.yaml");

    public string WrongKeys => Path.Combine(Folder, "wrong.yaml");

    /// <summary>Revision before the ConfigMap changed and the Widget vanished.</summary>
    public long Early { get; private set; }

    public static string KeysText(byte[] key) =>
        $"kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc: {{keys: [{{name: key1, secret: {Convert.ToBase64String(key)}}}]}}\n  - identity: {{}}\n";

    public static string KeysText() => KeysText(EncryptionKey);

    public async Task InitializeAsync()
    {
        Etcd = await EtcdServer.StartAsync();
        await File.WriteAllTextAsync(Keys, KeysText());
        await File.WriteAllTextAsync(WrongKeys, KeysText(SHA256.HashData(EncryptionKey)));
        await PutAsync("/registry/configmaps/shop/settings", ConfigMap("color: red"));
        await PutAsync("/registry/configmaps/kube-system/settings", ConfigMap("other", "kube-system"));
        await PutAsync("/registry/example.org/widgets/shop/w1", Encoding.UTF8.GetBytes("""{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w1","namespace":"shop","labels":{"tier":"back"}},"spec":{"size":3}}"""));
        await PutAsync("/registry/secrets/shop/db", Proto.Stored("v1", "Secret", Proto.Metadata("db", "shop"), Proto.Pair(2, "password", Password), Proto.Text(3, "Opaque")));
        await PutAsync("/registry/secrets/shop/sealed", Encrypt(Proto.Stored("v1", "Secret", Proto.Metadata("sealed", "shop"), Proto.Pair(2, "token", Sealed))));
        await PutAsync("/registry/secrets/shop/broken", [.. "k8s\0"u8, 0x0a, 0xff, .. Encoding.UTF8.GetBytes(Password)]);
        await PutAsync("/registry/configmaps/shop/broken", [.. "k8s\0"u8, 0x0a, 0xff, .. "raw-bytes"u8]);
        Early = await PutAsync("/registry/deployments/shop/web", Proto.Stored("apps/v1", "Deployment", Proto.Metadata("web", "shop", Proto.Pair(11, "tier", "front")), Proto.Bytes(2, [8, 3])));
        await PutAsync("/registry/configmaps/shop/settings", ConfigMap("color: blue"));
        await CallAsync("kv/deleterange", new { key = Base64("/registry/example.org/widgets/shop/w1"u8) });
        await PutAsync("compact_rev_key", "17"u8.ToArray());
        await Etcd.EtcdctlAsync("snapshot", "save", Snapshot);
    }

    public async Task<long> PutAsync(string key, byte[] value)
    {
        JsonElement answer = await CallAsync("kv/put", new { key = Base64(Encoding.UTF8.GetBytes(key)), value = Base64(value) });
        return long.Parse(answer.GetProperty("header").GetProperty("revision").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public static byte[] ConfigMap(string text, string space = "shop") =>
        Proto.Stored("v1", "ConfigMap", Proto.Metadata("settings", space, Proto.Pair(11, "tier", "front")), Proto.Pair(2, "app.conf", text));

    /// <summary>Runs a command that needs no coordinator.</summary>
    internal static async Task<CliRun> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        using MemoryStream binary = new();
        CliContext context = new()
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => binary,
            Variable = _ => null,
        };
        int code = await CommandLine.RunAsync(arguments, context, CancellationToken.None);
        return new CliRun(code, output.ToString(), error.ToString(), binary.ToArray());
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Etcd.DisposeAsync();
        _directory.Dispose();
    }

    private static byte[] Encrypt(byte[] plaintext)
    {
        using Aes aes = Aes.Create();
        aes.Key = EncryptionKey;
        byte[] iv = SHA256.HashData(plaintext)[..16];
        return [.. "k8s:enc:aescbc:v1:key1:"u8, .. iv, .. aes.EncryptCbc(plaintext, iv)];
    }

    private static string Base64(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes);

    private async Task<JsonElement> CallAsync(string path, object body)
    {
        using HttpResponseMessage response = await _http.PostAsJsonAsync(new Uri(Etcd.Endpoint, "/v3/" + path), body, JsonSerializerOptions.Default);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
