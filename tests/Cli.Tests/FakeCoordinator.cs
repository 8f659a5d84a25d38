using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Connection;
using K8sBackup.Cli.Terminal;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Cli.Tests;

/// <summary>A fake operator API behind the real listener, with an operator's identity and configuration on disk.</summary>
internal sealed class FakeCoordinator : IAsyncDisposable
{
    public const string Cluster = "test";

    private readonly CertificateAuthority _authority;
    private readonly WebApplication _app;

    private FakeCoordinator(string directory, CertificateAuthority authority, WebApplication app, FakeOperator api)
    {
        Folder = directory;
        _authority = authority;
        _app = app;
        Api = api;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public FakeOperator Api { get; }

    public string Folder { get; }

    public Uri Address { get; }

    public string ConfigFile => Path.Combine(Folder, "config.yaml");

    public static async Task<FakeCoordinator> StartAsync()
    {
        string directory = Directory.CreateTempSubdirectory("k8sbackup-cli-").FullName;
        CertificateAuthority authority = CertificateAuthority.OpenOrCreate(Path.Combine(directory, "ca"), Cluster, TimeProvider.System);
        X509Certificate2 server = authority.IssueServer(["127.0.0.1"]);
        FakeOperator api = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(api);
        builder.Services.AddSingleton(api.Impacts);
        builder.WebHost.UseKestrelHttpsConfiguration();
        TrustedAuthorities trusted = new([authority.Certificate], TimeProvider.System);
        builder.WebHost.ConfigureKestrel(kestrel => CoordinatorListener.Listen(kestrel, new IPEndPoint(IPAddress.Loopback, 0), () => server, trusted));
        WebApplication app = builder.Build();
        app.MapGrpcService<FakeOperator>();
        app.MapGrpcService<FakeImpacts>();
        await app.StartAsync();
        FakeCoordinator coordinator = new(directory, authority, app, api);
        coordinator.WriteIdentity(new PeerIdentity(Cluster, Role.Operator, "admin"), TimeSpan.FromHours(1));
        File.WriteAllText(coordinator.ConfigFile, ClientConfigFile.Format(coordinator.Address, "identity"));
        return coordinator;
    }

    /// <summary>Replaces the identity the configuration names.</summary>
    public void WriteIdentity(PeerIdentity identity, TimeSpan lifetime)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = _authority.IssueClient(new PublicKey(key), identity, lifetime);
        new IdentityFiles(Path.Combine(Folder, "identity"), TimeProvider.System).Save(key, certificate, [_authority.Certificate]);
    }

    /// <summary>Runs a command line against this coordinator.</summary>
    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync(c => c, CancellationToken.None, arguments);

    public async Task<CliRun> RunAsync(Func<CliContext, CliContext> change, CancellationToken cancellationToken, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        using MemoryStream binary = new();
        CliContext context = change(new CliContext
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => binary,
            Variable = name => name == ClientConfigFile.Variable ? ConfigFile : null,
        });
        int code = await CommandLine.RunAsync(arguments, context, cancellationToken);
        return new CliRun(code, output.ToString(), error.ToString(), binary.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
