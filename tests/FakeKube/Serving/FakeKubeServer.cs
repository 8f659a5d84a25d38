using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using K8sBackup.FakeKube.Access;
using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Objects;
using K8sBackup.FakeKube.Storing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.FakeKube.Serving;

/// <summary>
/// A Kubernetes API server for tests: the rules of the real one for what is used here, over TLS, in memory. There is nobody behind it:
/// no scheduler, no kubelet; their part is to be seeded. Of the controllers it has the garbage collector and that of namespaces.
/// </summary>
public sealed class FakeKubeServer : IAsyncDisposable
{
    private const int RequestsKept = 10_000;

    private readonly WebApplication _app;
    private readonly ClusterStore _store;
    private readonly ClusterWriter _writer;
    private readonly Accounts _accounts;
    private readonly WatchEndpoint _watches;
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentQueue<string> _refusals = [];
    private int _isDisposed;

    private FakeKubeServer(FakeKubeOptions options)
    {
        TimeProvider clock = options.Clock;
        _store = new ClusterStore(clock);
        _writer = new ClusterWriter(_store, clock);
        _accounts = new Accounts(_store, clock);
        _watches = new WatchEndpoint(_store, clock, options.BookmarkEvery);
        // Handshakes go by the real time, whatever the cluster's clock says.
        Identity = new ServerIdentity(TimeProvider.System.GetUtcNow());
        RequestPipeline pipeline = new(
            _accounts,
            Identity,
            Faults,
            new ResourceEndpoint(_store, _writer, _watches, new ExecEndpoint(_store, options.Exec), clock),
            new DiscoveryEndpoint(_store),
            new ControlEndpoint(_store, _writer, _accounts, Faults, _watches),
            Note,
            _refusals.Enqueue);
        _app = Build(options, Identity, pipeline);
        foreach (string ns in (string[])["default", "kube-system"])
        {
            Seed(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = ns },
                ["status"] = new JsonObject { ["phase"] = "Active" },
            });
        }
    }

    public ServerIdentity Identity { get; }

    public FaultPlan Faults { get; } = new();

    /// <summary>A token with which everything may be done.</summary>
    public string AdminToken { get; } = Guid.NewGuid().ToString("n");

    public Uri Address { get; private set; } = new("https://127.0.0.1");

    public int OpenWatches => _watches.Open;

    public long Version => _store.Version;

    /// <summary>Method and path of the requests so far, the oldest of very many left out.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>What somebody wanted and was not allowed to do.</summary>
    public IReadOnlyList<string> Refusals => [.. _refusals];

    public static async Task<FakeKubeServer> StartAsync(FakeKubeOptions options)
    {
        FakeKubeServer server = new(options);
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        server.AddToken(server.AdminToken, new KnownToken { Username = "admin", Groups = ["system:masters"] });
        return server;
    }

    /// <summary>Puts an object there as it is, status included, for what a kubelet or a controller would do.</summary>
    public JsonObject Seed(JsonObject item) => _writer.Seed(item).Copy();

    /// <inheritdoc cref="Seed(JsonObject)"/>
    public JsonObject Seed(string json) => Seed(JsonNode.Parse(json)!.AsObject());

    public void AddToken(string token, KnownToken whose) => _accounts.Add(token, whose);

    public void RemoveToken(string token) => _accounts.Remove(token);

    public void Allow(AccessRule rule) => _accounts.Allow(rule);

    /// <summary>Forgets history: older watches and page tokens are too old from now on.</summary>
    public void Compact() => _store.Compact();

    /// <summary>Breaks the connections of all watches.</summary>
    public void DropWatches() => _watches.DropAll();

    /// <summary>Writes a kubeconfig and what it needs, and gives its path.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="ns">Namespace of the context.</param>
    /// <param name="token">Whose; the administrator's when empty.</param>
    public string WriteKubeconfig(string directory, string ns = "default", string token = "")
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "kubeconfig");
        File.WriteAllText(Path.Combine(directory, "ca.crt"), Identity.AuthorityPem);
        File.WriteAllText(Path.Combine(directory, "token"), token.Length > 0 ? token : AdminToken);
        string text = $$$"""
            apiVersion: v1
            kind: Config
            current-context: fake
            clusters: [{name: fake, cluster: {server: "{{{Address}}}", certificate-authority-data: {{{Convert.ToBase64String(Encoding.UTF8.GetBytes(Identity.AuthorityPem))}}}}}]
            users: [{name: admin, user: {tokenFile: token}}]
            contexts: [{name: fake, context: {cluster: fake, user: admin, namespace: {{{ns}}}}}]

            """;
        string temporary = path + ".new";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _watches.DropAll();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        Identity.Dispose();
    }

    private static WebApplication Build(FakeKubeOptions options, ServerIdentity identity, RequestPipeline pipeline)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPEndPoint.Parse(options.Listen), listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = identity.Server;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                // Judged with the request, which a token may vouch for as well.
                https.AllowAnyClientCertificate();
            }));
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(pipeline.HandleAsync);
        return app;
    }

    private void Note(string request)
    {
        _requests.Enqueue(request);
        while (_requests.Count > RequestsKept)
        {
            _requests.TryDequeue(out _);
        }
    }
}
