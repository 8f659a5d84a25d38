using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Enrolment;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.ObjectStore.Local;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PeerRole = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>The coordinator as its program composes it, in this process, on one address over restarts.</summary>
internal sealed class CoordinatorInProcess : IAsyncDisposable
{
    public const string Cluster = "prod";

    private readonly string _directory;
    private readonly IPAddress _address;
    private readonly int _port;
    private readonly ClusterRestoreOptions _restores;
    private WebApplication? _app;
    private GrpcChannel? _channel;

    private CoordinatorInProcess(string directory, string address, ClusterRestoreOptions restores)
    {
        _directory = directory;
        _address = IPAddress.Parse(address);
        _restores = restores;
        using TcpListener listener = new(_address, 0);
        listener.Start();
        _port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public Uri Address => new($"https://{_address}:{_port}");

    public string Plans => Path.Combine(_directory, "plans");

    /// <summary>The operator's side.</summary>
    public Operator.OperatorClient Client => new(_channel ?? throw new InvalidOperationException("The coordinator does not run."));

    public static async Task<CoordinatorInProcess> StartNewAsync(string directory, string address, ClusterRestoreOptions restores)
    {
        CoordinatorInProcess coordinator = new(directory, address, restores);
        Directory.CreateDirectory(coordinator.Plans);
        using KeyFile key = KeyFile.Generate();
        using RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        key.WriteNew(Path.Combine(directory, "key"));
        using MasterKeys keys = await RepositoryInitializer.CreateAsync(
            LocalObjectStore.Open(Path.Combine(directory, "store")),
            [new NewSlot(key, "key"), new NewSlot(recovery.PublicKey, "recovery")],
            TimeProvider.System,
            CancellationToken.None);
        await coordinator.StartAsync();
        return coordinator;
    }

    public async Task StartAsync()
    {
        CoordinatorOptions options = new()
        {
            Cluster = Cluster,
            Listen = new IPEndPoint(_address, _port),
            Hosts = ["localhost", _address.ToString()],
            State = Path.Combine(_directory, "state"),
            Plans = Plans,
            Store = StoreOptions.ForLocal(Path.Combine(_directory, "store")),
            KeyFile = Path.Combine(_directory, "key"),
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Error,
        };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(_restores);
        builder.AddHosting(options);
        await builder.Services.AddRepositoryAsync(options, CancellationToken.None);
        builder.Services.AddEnrolment(options).AddFleet(options).AddPlans(options).AddRuns(options).AddOperatorApi(options);
        _app = builder.Build();
        _app.MapGrpcService<EnrolmentService>();
        _app.MapGrpcService<AgentSessionService>();
        _app.MapGrpcService<UploadService>();
        _app.MapGrpcService<DownloadService>();
        _app.MapGrpcService<OperatorService>();
        await _app.StartAsync();
        _channel = Connect(_app.Services);
    }

    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            _channel?.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private GrpcChannel Connect(IServiceProvider services)
    {
        PeerIdentity alice = new(Cluster, PeerRole.Operator, "alice");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = services.GetRequiredService<K8sBackup.Coordinator.Rotation.AuthorityRing>().Current.Issuing.IssueClient(new PublicKey(key), alice, TimeSpan.FromHours(1));
        return CoordinatorChannel.Create(Address, new LocalIdentity(alice, certificate.CopyWithPrivateKey(key), services.GetRequiredService<TrustedAuthorities>()));
    }
}
